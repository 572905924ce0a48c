"""The lessons' own stubs in the release version of an assignment (for nbgrader_config.py).

It rests on little, as every command of nbgrader's reads that configuration.
"""

from capsule_tutor import authoring


def generating() -> list[type]:
    """nbgrader's steps from a source version to a release version, with our own stubs."""
    from nbgrader.converters import GenerateAssignment
    from nbgrader.preprocessors import ClearSolutions

    steps = GenerateAssignment.preprocessors.make_dynamic_default() or GenerateAssignment.preprocessors.default_value
    return [_stubs(step) if step is ClearSolutions else step for step in steps]


def _stubs(clear_solutions: type) -> type:
    class Stubs(clear_solutions):
        """Leaves the stub that the lesson has, where it has one, in place of nbgrader's one stub for all cells."""

        def preprocess(self, notebook, resources):
            if not any("points" in cell.metadata.get("nbgrader", {}) for cell in notebook.cells):
                raise RuntimeError(
                    "This notebook has no points to give: it is not an assignment. Make one of a lesson with "
                    "`capsule-tutor nbgrader 02 --out COURSE`."
                )
            return super().preprocess(notebook, resources)

        def preprocess_cell(self, cell, resources, index):
            if cell.cell_type == "code" and authoring.STUB in cell.source:
                cell.source = authoring.without_solution(cell.source, f"cell {cell.id}")
                return cell, resources
            return super().preprocess_cell(cell, resources, index)

    return Stubs

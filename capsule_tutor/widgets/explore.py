"""The explorer: turn the sixteen knobs of a capsule and see what each one does.

`explorer()` in a notebook, `capsule-tutor explore` as a web application. All numbers and pictures come from `scene`;
this file only wires them to widgets.
"""

import asyncio
import random

import ipywidgets as w
import torch
from torch import Tensor

from capsule_tutor import data, functional, pretrained
from capsule_tutor.widgets import scene
from capsule_tutor.widgets.canvas import Canvas
from capsule_tutor.widgets.scene import CONTROLS

SCALE = 5  # screen pixels per pixel of the pictures
_WIDE = w.Layout(width="17rem")


def explorer(network: str = "efficient-capsnet-mnist", images: data.Split | None = None) -> w.Widget:
    """A live view of one image's capsules. Returns a widget: put it last in a cell.

    `network` is one of pretrained.NAMES. `images` are those to choose from: by default MNIST's test images if they
    are on this machine, otherwise the embedded digits. The widget has an attribute `explorer`, an `Explorer`, whose
    controls a program can move as well.
    """
    made = Explorer(network, images)
    made.box.explorer = made
    return made.box


class Explorer:
    """The controls, what they show, and the scene between them."""

    def __init__(self, network: str, images: data.Split | None) -> None:
        self.images = images or (data.mnist("test") if data.has_mnist() else data.digits("test"))
        self._networks: dict = {}
        self._quiet = False  # while the program itself moves controls
        self._resting: asyncio.TimerHandle | None = None
        self._make_controls(network)
        self._wire()
        self._choose_network()

    # ---- what there is

    def _make_controls(self, network: str) -> None:
        self.number = w.BoundedIntText(
            value=0, min=0, max=len(self.images.labels) - 1, description="image", layout=_WIDE
        )
        self.network = w.Dropdown(options=pretrained.NAMES, value=network, description="network", layout=_WIDE)
        self.label = w.Dropdown(options=["all", *range(10)], value="all", description="class", layout=_WIDE)
        self.wrong = w.Checkbox(value=False, description="only the misclassified", indent=False, layout=_WIDE)
        self.random = w.Button(description="random image", icon="random")
        self.canvas = Canvas()
        self.use_drawing = w.Button(description="use my drawing", icon="pencil")
        self.clear_drawing = w.Button(description="clear", icon="eraser")
        self.capsule = w.Dropdown(options=["longest", *range(10)], value="longest", description="capsule", layout=_WIDE)
        self.mode = w.ToggleButtons(
            options=["add", "set"],
            tooltips=["add the slider's value to the pose", "the slider's value is the pose"],
            style={"button_width": "4.5rem"},
        )
        reach, step = CONTROLS["range"], CONTROLS["step"]
        self.range = w.BoundedFloatText(
            value=reach, min=step, max=CONTROLS["most"], step=step, description="range ±", layout=_WIDE
        )
        self.sliders = [
            w.FloatSlider(
                value=0,
                min=-reach,
                max=reach,
                step=step,
                description=f"dimension {z}",
                readout_format=".2f",
                style={"description_width": "6.5rem"},
                layout=w.Layout(width="22rem"),
            )
            for z in range(16)
        ]
        for z, slider in enumerate(self.sliders):
            slider.add_class(f"capsule-dimension-{z}")
        self.sweep_dimension = w.Dropdown(options=range(16), description="sweep", layout=w.Layout(width="9rem"))
        self.sweep = w.Play(min=0, max=39, interval=80, show_repeat=False)
        self.reset = w.Button(description="reset", icon="undo")
        self.code = w.Textarea(disabled=True, layout=w.Layout(width="34rem", max_width="100%", height="9rem"))
        self.copy = w.Button(description="copy as code", icon="code")
        # Of known size: stretched to the column, the page would jump.
        across = 3 * 28 + 2
        size = {"max_width": "100%", "align_self": "flex-start"}
        self.pictures = w.Image(format="png", layout=w.Layout(width=f"{SCALE * across}px", **size))
        self.bars = w.Image(format="png", layout=w.Layout(width="auto", **size))
        self.said, self.problem = w.HTML(), w.HTML()
        for name, control in vars(self).items():
            if isinstance(control, w.DOMWidget):
                control.add_class(f"capsule-{name.replace('_', '-')}")

        choose = w.VBox([self.network, self.number, self.label, self.wrong, self.random])
        turn = w.VBox([self.capsule, self.range, self.mode, w.HBox([self.sweep_dimension, self.sweep]), self.reset])
        draw = w.VBox([self.canvas, w.HBox([self.use_drawing, self.clear_drawing])])
        legend = w.HTML(
            "<style>.capsule-pictures { image-rendering: pixelated }</style>"
            "<div style='line-height: 1.2'>image · reconstruction · difference (orange: missing ink, blue: too much)"
            "<br>Below: all lengths. Black: the drawn capsule. Orange: the network's answer to its own drawing.</div>"
        )
        show = w.VBox([self.pictures, legend, self.bars, self.said, self.problem], layout=w.Layout(width="28rem"))
        rows = [(choose, turn), (show, w.VBox(self.sliders)), (draw, w.VBox([self.copy, self.code]))]
        self.box = w.VBox([w.HBox(row, layout=w.Layout(flex_flow="row wrap", grid_gap="1rem")) for row in rows])
        self.box.add_class("capsule-explorer")

    def _wire(self) -> None:
        self.network.observe(self._on(self._choose_network), "value")
        self.number.observe(self._on(self._choose_image), "value")
        for control in (self.label, self.wrong):
            control.observe(self._on(self._filter), "value")
        self.capsule.observe(self._on(self._choose_capsule), "value")
        self.mode.observe(self._on(self._place_sliders), "value")
        self.range.observe(self._on(self._place_sliders), "value")
        for slider in self.sliders:
            slider.observe(self._on(self.tick), "value")
        self.sweep.observe(self._on(self._swept), "value")
        self.random.on_click(self._on(self._choose_random))
        self.use_drawing.on_click(self._on(self._look_at_drawing))
        self.clear_drawing.on_click(self._on(self.canvas.clear))
        self.reset.on_click(self._on(self._place_sliders))
        self.copy.on_click(self._on(self._write_code))

    def _on(self, act):
        """A handler: quiet while the program moves controls, and a line instead of a traceback."""

        def handle(_change) -> None:
            if self._quiet:
                return
            self.problem.value = ""
            try:
                act()
            except (ValueError, data.DataError, pretrained.WeightsError) as error:
                self.problem.value = f"<b role='alert'>{error}</b>"

        return handle

    # ---- what happens

    def _choose_network(self) -> None:
        name = self.network.value
        if name not in self._networks:
            self._networks[name] = pretrained.load(name)
        self._said_to_all: Tensor | None = None
        self._filter()

    def _filter(self) -> None:
        """Which images can be chosen, after class and correctness."""
        keep = torch.ones(len(self.images.labels), dtype=torch.bool)
        if self.label.value != "all":
            keep &= self.images.labels == self.label.value
        if self.wrong.value:
            keep &= self._answers() != self.images.labels
        if not keep.any():
            raise ValueError("No image of this kind is misclassified by this network. Choose another class or network.")
        self.choice = keep.nonzero().squeeze(1)
        self._quiet = True
        self.number.max = len(self.choice) - 1
        self.number.value = min(self.number.value, self.number.max)
        self._quiet = False
        self._choose_image()

    def _answers(self) -> Tensor:
        if self._said_to_all is None:
            network = self._networks[self.network.value]
            with torch.inference_mode():
                self._said_to_all = torch.cat([network.predict(part) for part in self.images.images.split(250)])
        return self._said_to_all

    def _choose_random(self) -> None:
        self.number.value = random.randrange(len(self.choice))

    def _choose_image(self) -> None:
        place = self.choice[self.number.value]
        self._truth = self.images.labels[place].item()
        self._image = self.images.images[place][None]
        self._choose_capsule()

    def _look_at_drawing(self) -> None:
        self._truth, self._image = None, data.prepare(self.canvas.grey())
        self._choose_capsule()

    def _choose_capsule(self) -> None:
        index = None if self.capsule.value == "longest" else self.capsule.value
        self.scene = scene.look(self._networks[self.network.value], self._image, index)
        self._place_sliders()

    def _place_sliders(self) -> None:
        """All sliders to where nothing is changed: 0 in the mode "add", the pose itself in the mode "set"."""
        own = self.scene.v[0, self.scene.index]
        self._quiet = True
        for slider, value in zip(self.sliders, own.tolist(), strict=True):
            middle = value if self.mode.value == "set" else 0.0
            low, high = middle - self.range.value, middle + self.range.value
            # min must never lie above max, whichever of them is set first
            slider.min, slider.max = min(low, slider.max), high
            slider.min, slider.value = low, middle
        self._quiet = False
        self.tick()

    def delta(self) -> Tensor:
        """What the sliders add to the pose, (z,)."""
        values = torch.tensor([slider.value for slider in self.sliders])
        return values - self.scene.v[0, self.scene.index] if self.mode.value == "set" else values

    def tick(self) -> None:
        """Show what the decoder draws now. The encoder runs once the slider rests."""
        self.view = scene.tick(self.scene, self.delta())
        self.pictures.value = scene.pictures(self.scene, self.view.reconstruction)
        self.bars.value = scene.bars(self.view.lengths, None, self.scene.index)
        if self._resting:
            self._resting.cancel()
        try:
            self._resting = asyncio.get_running_loop().call_later(CONTROLS["rest"], self.rest)
        except RuntimeError:  # no loop: a plain program
            self.rest()

    def rest(self) -> None:
        """Ask the network what it says to its own drawing."""
        second = scene.again(self.scene, self.view.reconstruction)
        self.bars.value = scene.bars(self.view.lengths, second, self.scene.index)
        longest, again = functional.lengths(self.scene.v[0]).argmax().item(), second.argmax().item()
        truth = "your drawing" if self._truth is None else f"a {self._truth}"
        self.said.value = (
            f"<span aria-live='polite'>The image is {truth}; the network reads {longest}. Drawn: capsule "
            f"{self.scene.index}. Shown its own drawing, the network reads <b>{again}</b> "
            f"(length {second[again].item():.2f}).</span>"
        )

    def _swept(self) -> None:
        # 40 frames: from the middle up, down through the middle, and back
        phase = self.sweep.value / 10
        height = phase if phase <= 1 else 2 - phase if phase <= 3 else phase - 4
        slider = self.sliders[self.sweep_dimension.value]
        middle = (slider.min + slider.max) / 2
        slider.value = middle + height * self.range.value

    def _write_code(self) -> None:
        changed = {z: round(d, 4) for z, d in enumerate(self.delta().tolist()) if abs(d) > 1e-6}
        source = "…  # (1, 1, 28, 28): your drawing"
        if self._truth is not None:
            name = "mnist" if len(self.images.labels) == 10_000 else "digits"
            source = f'data.{name}("test").images[{self.choice[self.number.value]}][None]'
        self.code.value = (
            "import torch\nimport capsule_tutor as caps\nfrom capsule_tutor import data\n\n"
            f'network = caps.load("{self.network.value}")\nimage = {source}\n'
            f"delta = torch.zeros(16)\nfor z, change in {changed}.items():\n    delta[z] = change\n"
            f"masked = caps.perturb(network(image), delta, torch.tensor([{self.scene.index}]))\n"
            "drawn = network.decoder(masked).view(28, 28)\n"
        )

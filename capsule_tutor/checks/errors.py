"""What Python's and torch's own error messages mean to one who reads them for the first time.

Each meaning is true of every answer that raises such an error; where there is more than one cause, it asks.
"""

import re

# A piece of the message → what it means; {1}, {2} … are what its brackets caught. The first that is found speaks.
_MEANS = (
    (
        r"weight has shape .*; axis 0 \(i\) should be (\d+)",
        "{1} capsules were made, and there are matrices for another number: look at strides, padding and the cut",
    ),
    (
        r"missing \d+ required (?:positional|keyword-only) arguments?: (.*)",
        "a call hands nothing over for {1}: what belongs in its brackets, or should the `def` give a default?",
    ),
    # --- something is None, or not a tensor
    (
        r"'(builtin_function_or_method|method|function)'|not builtin_function_or_method",
        "a function or method is named there, and not called: are its brackets () missing?",
    ),
    (
        r"NoneType",
        "something there is None: an input that was not given and is None by default, a function that ends without "
        "`return`, a method that returns nothing, such as list.append, or a .grad before backward()",
    ),
    (
        r"torch\.return_types\.(topk|sort|max|min|median|mode|cummax|cummin|kthvalue)\b",
        "{1} along an axis returns two tensors: take .values or .indices",
    ),
    (
        r"torch\.return_types\.(\w+)",
        "{1} returns several things, each with a name: take the one that you want, as in .solution",
    ),
    (
        r"'(Tensor|torch\.Size|int|float|tuple|list)' object is not callable",
        "(…) calls a function, and this is not one: an entry is taken with […], a product needs `*`. Or has a variable "
        "the name of a function?",
    ),
    (
        r"'range'",
        "a range gives whole numbers one after another, and does not compute: torch.arange makes a tensor of them",
    ),
    (
        r"'(generator|map|zip|filter)'",
        "a {1} gives its items one after another and is not a list: list(…) makes one",
    ),
    (
        r"can't multiply sequence by non-int",
        "a list cannot be multiplied by such a number; a tensor can: torch.tensor or torch.stack makes one",
    ),
    (
        r"operand type\(s\) for .*'tuple' and '(tuple|Tensor)'",
        "a tuple holds several things: take the one that you mean, as in f(x)[1], and compute with that",
    ),
    (
        r"operand type\(s\) for .*'(list|tuple)'|can only concatenate (list|tuple)",
        "lists and tuples do not compute entry by entry: torch.tensor makes a tensor of numbers, torch.stack one of "
        "tensors",
    ),
    (
        r"argument '(?!input|self|other|tensors)(\w+)' .*must be Tensor, not tuple",
        "`{1}` is one tensor, and a whole tuple is given for it: take the tuple apart first, as in `one, other = pair`",
    ),
    (
        r"'tuple' object has no attribute '(pop|append|remove|insert|extend|sort|reverse|clear)'",
        "a tuple cannot be changed: go through it with `for`, or make a list of it first, list(…)",
    ),
    (
        r"'tuple' object has no attribute",
        "a tuple holds several things: if a function gave it, take it apart, as in `v, c = …`; where tensors belong "
        "together, torch.stack makes one of them",
    ),
    (
        r"'list' object has no attribute|must be Tensor, not (list|tuple)",
        "a list or tuple is not a tensor: torch.tensor makes one of numbers, torch.stack one of tensors",
    ),
    (
        r"'(int|float|bool|str)' object has no attribute",
        "this is a plain {1} of Python's and no tensor: has .item(), float(), len() or a number that is typed in "
        "made it one?",
    ),
    (
        r"must be Tensor, not (int|float|bool|str)",
        "torch's function wants a tensor, and this is a plain {1} of Python's: has .item(), float(), len() or a number "
        "that is typed in made it one? Where a plain number is right, math has such functions",
    ),
    (
        r"expected Tensor as element|must be tuple of Tensors",
        "torch.stack and torch.cat want a list of tensors; torch.tensor makes one of numbers",
    ),
    (
        r"(list|tuple) indices must be integers or slices, not tuple",
        "[a, b] indexes a tensor; a {1} has one index at a time: [a][b]",
    ),
    (
        r"too many values to unpack|not enough values to unpack",
        "there must be as many names on the left of `=` as values on the right; a shape has one number for each axis",
    ),
    (
        r"cannot unpack non-iterable",
        "several names stand on the left of `=`, and one thing on the right",
    ),
    # --- names and arguments
    (
        r"object has no attribute|module '[\w.]+' has no attribute",
        "there is nothing of that name: is it spelled so? torch, torch.nn.functional and the tensor's own methods do "
        "not hold the same names",
    ),
    (
        r"dim must be an int or None",
        "a module such as nn.Softmax is first made, with its axis, and then called: nn.Softmax(dim=1)(x)",
    ),
    (
        r"(conv[123]d)\(\) received an invalid combination of arguments",
        "{1} takes the input, the weight, the bias, and then the rest: is something else where the bias belongs? Name "
        "it, as in stride=2",
    ),
    (
        r"received an invalid combination of arguments",
        "one of these arguments is of the wrong kind, in the wrong place, or has a name that this function does not "
        "know",
    ),
    (
        r"cannot access local variable '(\w+)'|local variable '(\w+)' referenced",
        "on the way that this input takes, {1}{2} has no value yet: it gets one below, in a branch that is not taken,"
        " or only by `+=`",
    ),
    (
        r"name '(np|numpy|math)' is not defined",
        "{1} is not imported here; torch has functions of its own for tensors, such as torch.exp and torch.sqrt",
    ),
    (
        r"name '(exp|expm1|sqrt|log|tanh|sin|cos|sigmoid|softmax|relu|norm|einsum|where|stack|cat|zeros|ones|eye|"
        r"tensor|arange|linspace|matmul|clamp|outer|square)' is not defined",
        "Python itself has no {1}, but torch has: torch.{1}",
    ),
    (
        r"name '\w+' is not defined",
        "no line that has run gives that name a value: a slip in its spelling, or a variable of another function?",
    ),
    (
        r"takes (from )?\d+.* positional arguments? but \d+",
        "more is handed over than it takes. Does a bracket close too early, or does it want several things as one list "
        "or one tensor?",
    ),
    (
        r"^KeyError",
        "a dictionary has no such key: ask for it with `in` first, or print the keys that there are",
    ),
    # --- shapes
    (
        r"must match the size of tensor",
        "axes are lined up from the right, and two that meet must be equal or one of them 1: print both shapes",
    ),
    (
        r"mat1 and mat2 shapes cannot be multiplied|inconsistent tensor size|first two dimensions of batch2",
        "in a product of matrices the last axis of the first is summed with the last but one of the second (a vector "
        "has only one), and the two must be of one size: print both shapes",
    ),
    (
        r"self must be a matrix|must be a 3D tensor|1D tensors expected",
        "this product knows one number of axes only; torch.matmul (`@`) and torch.einsum take more",
    ),
    (
        r"subscript (\w) has size",
        "one letter of an einsum is one size, and {1} has two: print the shapes",
    ),
    (
        r"number of subscripts in the equation",
        "an einsum wants one letter for each axis of each tensor: print the shapes",
    ),
    (
        r"output subscript (\w) does not appear",
        "what an einsum returns can have only letters of its inputs",
    ),
    (
        r"(fewer|more) operands were provided",
        "an einsum wants as many tensors as there are groups of letters, with commas between them, before the `->`",
    ),
    (
        r"expanded size of the tensor|number of sizes provided",
        "expand repeats only axes of size 1, and counts axes from the right: print the shape",
    ),
    (
        r"is invalid for input of size",
        "a size that is typed in, or taken from the wrong axis, does not fit this input",
    ),
    (
        r"view size is not compatible",
        "view cannot reorder what lies in memory; reshape can. Is the order of the axes the one that you mean?",
    ),
    (
        r"stack expects each tensor to be equal size|Sizes of tensors must match except|Tensors must have same number",
        "tensors that are stacked must have one shape; tensors that are concatenated may differ along that axis alone",
    ),
    (
        r"zero-dimensional tensor .* cannot be concatenated",
        "torch.cat joins along an axis, and a single number has none: torch.stack makes one",
    ),
    (
        r"non-empty TensorList|non-empty list of Tensors",
        "the list is empty: has its loop run at all?",
    ),
    (
        r"length of the desired ordering|duplicate dims",
        "permute wants every axis once: print the shape",
    ),
    (
        r"Dimension out of range|too many indices for tensor",
        "the tensor has fewer axes than you count: print its shape",
    ),
    (
        r"0-d(im)? tensor",
        "this tensor is one number and has no axis: a sum or mean without `dim` makes such a one",
    ),
    (
        r"selected index k out of range",
        "topk takes at most as many as there are along its axis: is it the axis that you mean?",
    ),
    (
        r"is out of bounds for dimension|index out of range",
        "a size n is counted from 0 to n − 1; is it the axis that you mean?",
    ),
    (
        r"to have (\d+) channels, but got (\d+)",
        "the weights of a convolution are (out, in, height, width), its input (batch, in, height, width), and `in` "
        "must be the same",
    ),
    (
        r"Kernel size can't be greater",
        "the map is smaller than the window that goes over it: are height and width the last two axes?",
    ),
    (
        r"expected sequence of length",
        "the rows differ in length, and a tensor's may not",
    ),
    # --- kinds of numbers
    (
        r"only integer tensors of a single element",
        "int(), an index, or a list times a number wants one number. Do you compute with a list? torch.tensor makes a "
        "tensor of it",
    ),
    (
        r"only one element tensors|elements cannot be converted to Scalar",
        "float(), int(), .item(), torch.tensor and the functions of `math` want one number; torch has its own for "
        "whole tensors, such as torch.exp and torch.stack",
    ),
    (
        r"must be real number, not (list|tuple)",
        "the functions of `math` want one number; torch has its own for tensors",
    ),
    (
        r"indices must be integers|used as indices must be long|are valid indices|Expected dtype int\S* for index",
        "an index is a whole number (`//` divides to one, .long() makes one of a tensor), or a mask of True and False",
    ),
    (
        r"cannot be interpreted as an integer|(tuple of ints|type must be tuple of ints), ?(not|but got) ?float",
        "`/` makes a float even of 4 / 2; a size wants a whole number: `//`",
    ),
    (
        r"must be tuple of ints, not int",
        "sizes are given as a tuple: (3,)",
    ),
    (
        r"could not infer output dtype|[Ee]xpected a floating point|not implemented for '(Long|Int|Bool|Byte)'",
        "this wants floats, and the tensor holds whole numbers or truth values: .float() makes them floats",
    ),
    (
        r"can't be cast to the desired output type",
        "a change in place keeps the kind of number, and these are floats for a tensor of whole numbers",
    ),
    (
        r"to have the same dtype|expected scalar type|expected target dtype",
        "the two hold different kinds of number: .to(…) makes one kind of them",
    ),
    (
        r"one_hot is only applicable",
        "one_hot wants whole numbers: .long() makes them",
    ),
    (
        r"Class values must be smaller|Target \d+ is out of bounds",
        "a class is larger than the number of classes allows",
    ),
    (
        r"`-` operator, (on a|with two) bool",
        "truth values cannot be subtracted: `~` turns them round, .float() makes numbers of them",
    ),
    (
        r"operator\.invert",
        "`~` turns truth values round, and these are numbers: compare first, or use 1 - x",
    ),
    (
        r"bitwise_(and|or)_",
        "`&` and `|` bind more tightly than `>`, `<` and `==`: put each comparison in brackets",
    ),
    (
        r"bitwise_xor",
        "`^` compares bits; a power is `**`",
    ),
    (
        r"Boolean value of Tensor",
        "`if`, `and`, `or` and `not` ask for one yes or no: say .all() or .any(), or use &, | and ~ entry by entry. "
        "So do Python's own min and max (a tensor has .min() and .max(), along an axis .amin(dim) and .amax(dim); of "
        "two tensors torch.minimum and torch.maximum make one), and == between two tuples of tensors, such as sort "
        "and topk give: compare their .values or .indices",
    ),
    (
        r"object is not iterable",
        "one thing is there where several are wanted, as in a loop or in sum()",
    ),
    # --- gradients
    (
        r"only for scalar outputs",
        "backward() and autograd.grad want one number: take the sum first",
    ),
    (
        r"does not require grad and does not have a grad_fn",
        "nothing that leads back to an input was recorded: call requires_grad_() on a copy of it before you compute, "
        "and no detach() or no_grad() in between",
    ),
    (
        r"not have been used in the graph",
        "the result does not depend on that tensor: was it computed from a copy, before requires_grad_(), or through "
        "detach()?",
    ),
    (
        r"through the graph a second time",
        "what a gradient needs is freed after its first use: compute the value again, or say retain_graph=True",
    ),
    (
        r"leaf Variable that requires grad is being used in an in-place",
        "it changes its input in place: work on a copy, or write x = x + … instead of x += …",
    ),
    (
        r"modified by an inplace operation",
        "a value that a gradient needs was changed in place: write x = x + … instead of x += …",
    ),
    (
        r"Can't call numpy\(\)",
        "numpy knows no gradients: stay with torch's functions, and one flows back",
    ),
    (
        r"Tensors of floating point .*can require gradients",
        "whole numbers have no gradient: .float() first",
    ),
    # --- the rest
    (
        r"maximum recursion depth",
        "the function calls itself, directly or through another, without an end",
    ),
    (
        r"math domain error",
        "it cannot be taken of this number, as the root of a negative one",
    ),
)
_FOUND = [(re.compile(pattern), meaning) for pattern, meaning in _MEANS]


def meaning(text: str) -> str:
    """What an error, as "KeyError: 'x'", means, or "" where nothing more is known than it says."""
    for pattern, said in _FOUND:
        if found := pattern.search(text):
            return re.sub(r"\{(\d)\}", lambda number: found.group(int(number.group(1))) or "", said)
    return ""

#!/usr/bin/env python3
"""CTC loss and its gradient by PyTorch, in double.

    python3 tests/reference/ctc.py >tests/model/ctc/golden/ctc.txt
"""
import torch

torch.manual_seed(3)
print(f"# torch {torch.__version__}: python3 tests/reference/ctc.py")
CASES = [  # frames, vocabulary, labels
    (1, 3, [2]),
    (5, 4, []),
    (7, 5, [1, 1, 2, 3]),
    (50, 29, [5, 5, 5, 1, 20, 28, 3, 3]),
    (150, 30, [1 + (i * 7) % 29 for i in range(60)]),
]


def show(name, values):
    values = values.flatten().tolist()
    print(f"@{name} {len(values)}")
    print(" ".join(f"{v:.9g}" for v in values))


for i, (frames, vocabulary, labels) in enumerate(CASES):
    logits = (3 * torch.randn(frames, vocabulary)).double().requires_grad_()
    loss = torch.nn.functional.ctc_loss(
        torch.log_softmax(logits, -1)[:, None],
        torch.tensor([labels], dtype=torch.long).reshape(1, -1),
        torch.tensor([frames]), torch.tensor([len(labels)]), blank=0,
        reduction="sum")
    loss.backward()
    show(f"{i}.size", torch.tensor([frames, vocabulary]))
    show(f"{i}.labels", torch.tensor(labels))
    show(f"{i}.logits", logits.detach())
    show(f"{i}.loss", loss.detach())
    show(f"{i}.gradient", logits.grad)

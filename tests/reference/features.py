#!/usr/bin/env python3
"""Log mel energies and MFCC by torchaudio.compliance.kaldi, dither 0.

Computed in double: in float torchaudio differs from itself by up to 8e-3 where
a pure tone leaves bins 100 dB below it.

    python3 tests/reference/features.py SPEECH.wav START_S \
        >tests/audio/golden/features.txt

The argument is a mono 8 or 16 kHz recording of speech, of which one second
goes into the file beside signals that are computed.
"""
import math
import sys

import torch
import torchaudio
from torchaudio.compliance import kaldi


def show(name, values):
    values = values.flatten().tolist()
    print(f"@{name} {len(values)}")
    print(" ".join(f"{v:.9g}" for v in values))


print(f"# torchaudio {torchaudio.__version__}, dither 0: "
      "python3 tests/reference/features.py SPEECH.wav")
torch.manual_seed(1)


def tone(rate, count):
    t = torch.arange(count, dtype=torch.float64) / rate
    return (0.3 * torch.sin(2 * math.pi * (200 + 900 * t) * t)
            + 0.1 * torch.sin(2 * math.pi * 0.37 * rate * t)).float()


speech, rate = torchaudio.load(sys.argv[1])
assert speech.shape[0] == 1
at = int(float(sys.argv[2]) * rate)
cases = [
    ("speech", rate, speech[0, at:at + rate]),
    ("noise", 16000, 0.1 * torch.randn(4000)),
    ("tone", 16000, tone(16000, 4000)),
    ("silence", 16000, torch.zeros(1200)),
    ("offset", 8000, 0.2 + tone(8000, 2000)),
    ("odd_rate", 11025, tone(11025, 2900)),
    ("one_frame", 16000, tone(16000, 400)),
]
for name, rate, x in cases:
    # What a 16-bit file would hold.
    x = torch.round(x * 32768).clamp(-32768, 32767).double()
    bins = 40 if rate < 16000 else 80
    common = dict(dither=0.0, sample_frequency=float(rate), energy_floor=0.0)
    show(f"{name}.rate", torch.tensor([rate]))
    show(f"{name}.samples", x)
    show(f"{name}.fbank", kaldi.fbank(x[None], num_mel_bins=bins, **common))
    show(f"{name}.mfcc", kaldi.mfcc(x[None], **common))

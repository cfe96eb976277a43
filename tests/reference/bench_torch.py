#!/usr/bin/env python3
"""The peers that benchmarks are held against: one turn of work for each line
on stdin, its seconds on stdout (of one thread: those of the processor, which
other programs do not lengthen).

    bench_torch.py pretrain|finetune eager|compile THREADS LAYERS DIM FFN ROWS...
    bench_torch.py ctc THREADS FRAMES LABELS VOCABULARY UTTERANCES
    bench_torch.py fbank torchaudio|kaldi-native-fbank SECONDS

The first line out is "ready" and versions, or "missing" and what is not
installed. Training is the encoder of model/encoder in plain PyTorch, single
precision, utterances (ROWS: their lengths in encoder rows) sorted by length
and padded; the number of micro-batches is the one that is fastest here.
"""
import sys
import time
import warnings

warnings.filterwarnings("ignore")
TAPS, LEFT, RIGHT, INPUT, HEADS = 15, 64, 8, 320, 4
CODEBOOKS, CODES, VISIBLE_WEIGHT, VOCABULARY = 4, 256, 0.5, 28


def seconds_of(work, threads):
    clock = time.process_time if threads == 1 else time.perf_counter
    start = clock()
    work()
    return clock() - start


def serve(what, threads, turn):
    """Answers lines until there are no more."""
    print("ready", what, flush=True)
    for _ in sys.stdin:
        print(seconds_of(turn, threads), flush=True)


def make_model(torch, layers, dim, ffn, outputs, dropout):
    nn, F = torch.nn, torch.nn.functional

    class FeedForward(nn.Module):
        def __init__(self):
            super().__init__()
            self.norm = nn.LayerNorm(dim)
            self.inner = nn.Linear(dim, ffn)
            self.outer = nn.Linear(ffn, dim)

        def forward(self, x):
            h = F.silu(self.inner(self.norm(x)))
            h = F.dropout(h, dropout, self.training)
            return F.dropout(self.outer(h), dropout, self.training)

    class Attention(nn.Module):
        def __init__(self):
            super().__init__()
            self.norm = nn.LayerNorm(dim)
            self.qkv = nn.Linear(dim, 3 * dim)
            self.out = nn.Linear(dim, dim)
            self.table = nn.Parameter(
                torch.randn(LEFT + RIGHT + 1, dim // HEADS))

        def forward(self, x, reach, padding):
            b, t, _ = x.shape
            qkv = self.qkv(self.norm(x)).view(b, t, 3, HEADS, dim // HEADS)
            q, k, v = qkv.permute(2, 0, 3, 1, 4)
            scale = (dim // HEADS) ** -0.5
            near = (q @ self.table.T) * scale  # [b, heads, t, positions]
            bias = near.gather(-1, reach.expand(b, HEADS, t, t)) + padding
            y = F.scaled_dot_product_attention(q, k, v, bias)
            y = self.out(y.transpose(1, 2).reshape(b, t, dim))
            return F.dropout(y, dropout, self.training)

    class Convolution(nn.Module):
        def __init__(self):
            super().__init__()
            self.norm = nn.LayerNorm(dim)
            self.wide = nn.Linear(dim, 2 * dim, bias=False)
            self.depthwise = nn.Conv1d(dim, dim, TAPS, groups=dim, bias=False)
            self.inner_norm = nn.LayerNorm(dim)
            self.narrow = nn.Linear(dim, dim, bias=False)

        def forward(self, x):
            h = F.glu(self.wide(self.norm(x)), -1)
            h = self.depthwise(F.pad(h.transpose(1, 2), (TAPS - 1, 0)))
            h = F.silu(self.inner_norm(h.transpose(1, 2)))
            return F.dropout(self.narrow(h), dropout, self.training)

    class Layer(nn.Module):
        def __init__(self):
            super().__init__()
            self.ffn1, self.ffn2 = FeedForward(), FeedForward()
            self.attention, self.convolution = Attention(), Convolution()
            self.norm = nn.LayerNorm(dim)

        def forward(self, x, reach, padding):
            x = x + 0.5 * self.ffn1(x)
            x = x + self.attention(x, reach, padding)
            x = x + self.convolution(x)
            return self.norm(x + 0.5 * self.ffn2(x))

    class Encoder(nn.Module):
        def __init__(self):
            super().__init__()
            self.norm = nn.LayerNorm(INPUT)
            self.projection = nn.Linear(INPUT, dim)
            self.embedding = nn.Parameter(torch.randn(dim))
            self.layers = nn.ModuleList(Layer() for _ in range(layers))
            self.head = nn.Linear(dim, outputs)

        def forward(self, x, hidden, reach, padding):
            x = F.dropout(self.projection(self.norm(x)), dropout,
                          self.training)
            if hidden is not None:
                x = torch.where(hidden[..., None], self.embedding, x)
            for layer in self.layers:
                x = layer(x, reach, padding)
            return x

    return Encoder()


def train(verb, mode, threads, layers, dim, ffn, *rows):
    import torch
    F = torch.nn.functional
    torch.set_num_threads(threads)
    torch.manual_seed(1)
    pretrain = verb == "pretrain"
    rows = sorted(rows)
    outputs = CODEBOOKS * CODES if pretrain else VOCABULARY
    model = make_model(torch, layers, dim, ffn, outputs,
                       0.05 if pretrain else 0.1).train()
    if mode == "compile":
        torch._dynamo.config.recompile_limit = 64  # one for each shape
        for layer in model.layers:  # one by one: minutes less to compile
            layer.compile()
    optimiser = torch.optim.AdamW(model.parameters(), 1e-4, (0.9, 0.98),
                                  weight_decay=0.01, fused=True)

    def pack(lengths):
        most = max(lengths)
        lengths = torch.tensor(lengths)
        there = torch.arange(most)[None] < lengths[:, None]
        i = torch.arange(most)
        hidden = (torch.rand(len(lengths), most) < 0.335) & there
        return dict(
            x=torch.randn(len(lengths), most, INPUT),
            there=there, lengths=lengths, hidden=hidden,
            weight=torch.where(hidden[there], 1.0, VISIBLE_WEIGHT),
            reach=(i[None] - i[:, None]).clamp(-LEFT, RIGHT) + LEFT,
            padding=torch.where(there, 0.0, -torch.inf)[:, None, None],
            codes=torch.randint(CODES, (len(lengths), most, CODEBOOKS)),
            labels=[torch.randint(1, VOCABULARY, (int(n * 0.48),))
                    for n in lengths])

    def loss_of(p):
        y = model(p["x"], p["hidden"] if pretrain else None, p["reach"],
                   p["padding"])
        if pretrain:
            logits = model.head(y[p["there"]]).view(-1, CODES)
            losses = F.cross_entropy(logits, p["codes"][p["there"]].view(-1),
                                     reduction="none")
            return p["weight"] @ losses.view(-1, CODEBOOKS).sum(1)
        logits = model.head(F.dropout(y, 0.1))
        return F.ctc_loss(logits.log_softmax(-1).transpose(0, 1),
                          torch.cat(p["labels"]), p["lengths"],
                          torch.tensor([len(n) for n in p["labels"]]),
                          reduction="sum")

    def update(packs):
        optimiser.zero_grad(set_to_none=True)
        for p in packs:
            (loss_of(p) / 1000).backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimiser.step()

    # Micro-batches of about the same number of rows.
    best = None
    for count in (1, 2, 4, 8):
        parts, part = [], []
        for n in rows:
            part.append(n)
            if sum(part) >= sum(rows) / count:
                parts.append(pack(part))
                part = []
        if part:
            parts.append(pack(part))
        update(parts)
        spent = seconds_of(lambda: update(parts), threads)
        if best is None or spent < best[0]:
            best = spent, parts, count
        elif spent > 1.1 * best[0]:
            break
    serve(f"PyTorch {torch.__version__} {mode}, {threads} threads, "
          f"{best[2]} micro-batches", threads, lambda: update(best[1]))


def ctc(threads, frames, labels, vocabulary, utterances):
    import torch
    F = torch.nn.functional
    torch.set_num_threads(threads)
    torch.manual_seed(1)
    logits = torch.randn(frames, utterances, vocabulary, requires_grad=True)
    targets = torch.randint(1, vocabulary, (utterances, labels))
    long = torch.full((utterances,), frames), torch.full((utterances,), labels)

    def turn():
        logits.grad = None
        F.ctc_loss(logits.log_softmax(-1), targets, *long,
                   reduction="sum").backward()
    turn()
    serve(f"PyTorch {torch.__version__}, {threads} threads", threads, turn)


def fbank(peer, seconds):
    import torch
    torch.set_num_threads(1)
    samples = torch.randn(seconds * 16000)
    if peer == "torchaudio":
        torch.version.cuda = None  # its check of a version that is not used
        import torchaudio
        from torchaudio.compliance import kaldi

        def turn():
            x = kaldi.fbank(samples[None] * 32768, num_mel_bins=80, dither=0.0)
            (x - x.mean(0)) / (x.var(0) + 1e-7).sqrt()
        version = torchaudio.__version__
    else:
        import kaldi_native_fbank as knf
        options = knf.FbankOptions()
        options.frame_opts.dither = 0
        options.mel_opts.num_bins = 80
        array = samples.numpy()

        def turn():
            bank = knf.OnlineFbank(options)
            bank.accept_waveform(16000, array * 32768)
            bank.input_finished()
        version = knf.__version__
    turn()
    serve(f"{peer} {version}, 1 thread", 1, turn)


def main():
    what, *rest = sys.argv[1:]
    try:
        if what == "ctc":
            ctc(*map(int, rest))
        elif what == "fbank":
            fbank(rest[0], int(rest[1]))
        else:
            train(what, rest[0], *map(int, rest[1:]))
    except ImportError as error:
        print("missing", error.name, flush=True)


main()

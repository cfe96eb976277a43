#!/usr/bin/env python3
"""Logits, CTC loss and gradients of transformers' Wav2Vec2BertForCTC.

    python3 tests/reference/parity.py

writes tests/model/golden/parity_{small,odd}.safetensors: the weights under
their own names, their gradients as gradient.NAME, the inputs, labels and
logits of two utterances and the sum of their losses. Computed in double.
Made with transformers 4.38.2 and torch 1.13.0.
"""
import os

import torch
from safetensors.torch import save_file
from transformers import Wav2Vec2BertConfig, Wav2Vec2BertForCTC

SHAPES = {
    "small": dict(input=80, dim=16, layers=2, heads=4, ffn=32, taps=7,
                  left=64, right=8, vocabulary=12, frames=(23, 40)),
    "odd": dict(input=9, dim=15, layers=3, heads=3, ffn=22, taps=3,
                left=3, right=2, vocabulary=7, frames=(11, 1)),
}


def make(name, shape):
    torch.manual_seed(7)
    config = Wav2Vec2BertConfig(
        vocab_size=shape["vocabulary"],
        hidden_size=shape["dim"],
        num_hidden_layers=shape["layers"],
        num_attention_heads=shape["heads"],
        intermediate_size=shape["ffn"],
        feature_projection_input_dim=shape["input"],
        position_embeddings_type="relative_key",
        left_max_position_embeddings=shape["left"],
        right_max_position_embeddings=shape["right"],
        conv_depthwise_kernel_size=shape["taps"],
        hidden_dropout=0.0, activation_dropout=0.0, attention_dropout=0.0,
        feat_proj_dropout=0.0, final_dropout=0.0, layerdrop=0.0,
        conformer_conv_dropout=0.0, apply_spec_augment=False,
        ctc_loss_reduction="sum", pad_token_id=0)
    model = Wav2Vec2BertForCTC(config).double().train()
    with torch.no_grad():
        for p in model.parameters():
            # Gains of 1 and biases of 0 would hide mistakes.
            p += 0.1 * torch.randn_like(p)
            p.copy_(p.float().double())
    out = {}
    total = 0.0
    for i, frames in enumerate(shape["frames"]):
        x = torch.randn(frames, shape["input"]).float()
        count = max(1, frames // 4)
        labels = torch.randint(1, shape["vocabulary"], (count,))
        if count > 2:
            labels[1] = labels[0]  # a repeat
        logits = model(x.double()[None]).logits[0]
        log_probs = torch.log_softmax(logits, -1)
        # CTC one utterance at a time: no padding anywhere.
        loss = torch.nn.functional.ctc_loss(
            log_probs[:, None], labels[None], torch.tensor([frames]),
            torch.tensor([count]), blank=0, reduction="sum")
        loss.backward()
        total += loss.item()
        out[f"input.{i}"] = x
        out[f"labels.{i}"] = labels.float()
        out[f"logits.{i}"] = logits.detach().float()
    out["loss"] = torch.tensor([total]).float()
    for key, p in model.named_parameters():
        out[key] = p.detach().float()
        if p.grad is not None:
            out[f"gradient.{key}"] = p.grad.float()
    out = {k: v.contiguous() for k, v in out.items()}
    path = f"tests/model/golden/parity_{name}.safetensors"
    save_file(out, path, {k: str(v) for k, v in shape.items() if k != "frames"})
    print(path, os.path.getsize(path), total)


os.makedirs("tests/model/golden", exist_ok=True)
for name, shape in SHAPES.items():
    make(name, shape)

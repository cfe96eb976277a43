"""Prefix beam search with n-grams by pyctcdecode and flashlight-text.

    python beam_search.py ROWS TOKENS ARPA WEIGHT BONUS UNKNOWN BEAM

ROWS: for each utterance two int32 (rows, vocabulary) and float32 log
probabilities; TOKENS: one a line, the blank first.  Prints, per program,
microseconds of processor time a row, and writes PROGRAM.txt with a text a
line.  kenlm, pyctcdecode and flashlight-text, from pip.
"""
import sys
import time

import kenlm
import numpy as np

rows_path, tokens_path, arpa = sys.argv[1:4]
weight, bonus, unknown = map(float, sys.argv[4:7])
beam = int(sys.argv[7])
tokens = open(tokens_path).read().split("\n")[:-1]
raw, rows = open(rows_path, "rb").read(), []
at = 0
while at < len(raw):
    count, width = np.frombuffer(raw, np.int32, 2, at)
    block = np.frombuffer(raw, np.float32, count * width, at + 8)
    rows.append(block.reshape(count, width).copy())
    at += 8 + 4 * count * width
total = sum(len(x) for x in rows)
words = []
for line in open(arpa):
    if line.startswith("\\2-grams"):
        break
    parts = line.split()
    if len(parts) >= 2 and parts[1] not in ("<s>", "</s>", "<unk>"):
        if not line.startswith(("\\", "ngram")):
            words.append(parts[1])


def report(name, decode):
    start = time.process_time()
    texts = [decode(x) for x in rows]
    seconds = time.process_time() - start
    print(f"{name}\t{1e6 * seconds / total:.2f}", flush=True)
    with open(name + ".txt", "w") as out:
        out.writelines(t + "\n" for t in texts)


def pyctcdecode():
    from pyctcdecode import Alphabet, BeamSearchDecoderCTC, LanguageModel
    model = LanguageModel(kenlm.Model(arpa), words, alpha=weight, beta=bonus,
                          unk_score_offset=unknown)
    decoder = BeamSearchDecoderCTC(Alphabet([""] + tokens[1:], False), model)
    return lambda x: decoder.decode(x, beam_width=beam)


def flashlight():
    from flashlight.lib.text.decoder import (
        CriterionType, KenLM, LexiconDecoder, LexiconDecoderOptions,
        SmearingMode, Trie)
    from flashlight.lib.text.dictionary import Dictionary
    # A word is spelt with the space behind it.
    space = tokens.index(" ")
    names = Dictionary(words + ["<unk>"])
    model = KenLM(arpa, names)
    trie = Trie(len(tokens), space)
    begin = model.start(False)
    for word in words:
        _, score = model.score(begin, names.get_index(word))
        spelt = [tokens.index(c) for c in word] + [space]
        trie.insert(spelt, names.get_index(word), score)
    trie.smear(SmearingMode.MAX)
    options = LexiconDecoderOptions(
        beam_size=beam, beam_size_token=len(tokens), beam_threshold=14,
        lm_weight=weight, word_score=bonus, unk_score=-np.inf, sil_score=0,
        log_add=True, criterion_type=CriterionType.CTC)
    decoder = LexiconDecoder(options, trie, model, space, 0,
                             names.get_index("<unk>"), [], False)

    def decode(x):
        found = decoder.decode(x.ctypes.data, *x.shape)[0]
        return " ".join(names.get_entry(w) for w in found.words if w >= 0)
    return decode


for name, make in (("pyctcdecode", pyctcdecode), ("flashlight", flashlight)):
    report(name, make())

#!/usr/bin/env python3
"""Golden n-gram models: a text, and what KenLM makes of it.

    python3 tests/reference/ngram_golden.py KENLM tests/model/text/golden

KENLM is the folder of the programs lmplz and query, built from the source
package of kenlm 0.3.0 on PyPI (cmake . && make lmplz query; Boost is wanted).

The last new word of the text is seen once: for the very last n-grams lmplz
takes counts for discounts that are not adjusted, which makes no difference to
such a word.
"""
import random
import subprocess
import sys

KENLM, FOLDER = sys.argv[1:]


def sentences(count, seed):
    """Words of a Zipfian vocabulary, of which the next likes the last."""
    numbers = random.Random(seed)
    for _ in range(count):
        words, last = [], 0
        for _ in range(1 + min(int(numbers.expovariate(0.2)), 12)):
            if numbers.random() < 0.5:
                last = (3 * last + numbers.randrange(2)) % 20
            else:
                last = min(int(numbers.paretovariate(0.6)), 120) - 1
            words.append(word(last))
        yield " ".join(words)


def word(number):
    """a, b, .. o, ba, bb: letters, one of them beyond ASCII."""
    text = ""
    while True:
        text = "aeioubdfgklmné"[number % 14] + text
        number //= 14
        if not number:
            return text


def run(program, arguments, text, **more):
    return subprocess.run([f"{KENLM}/{program}", *arguments], input=text,
                          check=True, capture_output=True, text=True,
                          **more).stdout


def write(name, command, text):
    with open(f"{FOLDER}/{name}", "w", encoding="utf-8") as file:
        file.write(f"# KenLM 0.3.0: {command}\n" if command else "")
        file.write(text)


text = "\n".join(sentences(120, 1)) + "\nthe end\n"
other = "\n".join(sentences(40, 2)) + "\n"
write("ngram_text.txt", None, text)
write("ngram_other.txt", None, other)
known = sorted({w for line in text.split("\n")[:60] for w in line.split()})
write("ngram_words.txt", None, "\n".join(known) + "\n")
models = {
    "plain": ["-o", "3"],
    "pruned": ["-o", "4", "--prune", "0", "0", "1"],
    "words": ["-o", "2", "--interpolate_unigrams", "0",
              "--limit_vocab_file", "ngram_words.txt"],
}
for name, options in models.items():
    model = run("lmplz", ["-S", "200M", "--discount_fallback", *options], text,
                cwd=FOLDER)
    command = " ".join(["lmplz", *options, "<ngram_text.txt"])
    write(f"ngram_{name}.arpa", command, model)
summary = run("query", ["-v", "summary", f"{FOLDER}/ngram_plain.arpa"], other)
values = [line.split("\t")[1] for line in summary.strip().split("\n")]
write("ngram_query.txt",
      "query -v summary ngram_plain.arpa <ngram_other.txt: perplexity, without "
      "unknown words, unknown words, words and sentence ends",
      "@summary 4\n" + " ".join(values) + "\n")

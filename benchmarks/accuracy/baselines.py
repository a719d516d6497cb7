#!/usr/bin/python3
"""Measures HsStream beside what one would otherwise take, on the same rows, on the same machine, in one run.

    baselines.py --data FILE [--edition HS2017] [--later] [--hsstream ./hsstream] [--out benchmarks/results] [--only hsstream,knn]

`hsstream dataset split` divides the rows first, so that all learn from the same texts and answer the same ones. The others are a linear support
vector machine and the nearest neighbours over TF-IDF of words and character n-grams (scikit-learn), and fastText. The support
vector machine takes 5 to 12 minutes and about 6 GB of memory on the customs rows. `make bench-accuracy` calls this.
"""
import argparse
import collections
import json
import os
import platform
import subprocess
import sys
import tempfile
import time

RANKING = 20
SPEED_LINES = 100_000   # enough for start-up not to matter


def read_rows(path):
    with open(path, encoding="utf-8") as lines:
        pairs = [line.rstrip("\n").split("\t", 1) for line in lines]
    return [text for _, text in pairs], [code for code, _ in pairs]


def note(text):
    print(f"{time.strftime('%H:%M:%S')} {text}", file=sys.stderr, flush=True)


# ---- what is measured of every contender: rankings of codes and a confidence in the first

def share_at_precision(is_right, confidence, precision=0.90):
    """Largest share of rows, surest first, of which so many are right; equally sure ones go together."""
    order = sorted(range(len(is_right)), key=lambda i: -confidence[i])
    right, best = 0, 0
    for n, i in enumerate(order, 1):
        right += is_right[i]
        is_last_of_equals = n == len(order) or confidence[order[n]] < confidence[i]
        if is_last_of_equals and right >= precision * n:
            best = n
    return best / len(order)


def macro_f1(truths, guesses):
    right = collections.Counter(t for t, g in zip(truths, guesses) if t == g)
    true, guessed = collections.Counter(truths), collections.Counter(guesses)
    return sum(2 * right[c] / (true[c] + guessed[c]) for c in true) / len(true)


def accuracy(truths, rankings, confidence):
    figures = {"rows": len(truths)}
    for digits in (6, 4, 2):
        for k in (1, 3, 5):
            hits = 0
            for truth, ranking in zip(truths, rankings):
                distinct = list(dict.fromkeys(code[:digits] for code in ranking))[:k]
                hits += truth[:digits] in distinct
            figures[f"hs{digits}Top{k}"] = hits / len(truths)
    firsts = [ranking[0] if ranking else "" for ranking in rankings]
    figures["macroF1"] = macro_f1(truths, firsts)
    figures["shareAt90"] = share_at_precision([t == g for t, g in zip(truths, firsts)], confidence)
    return figures


# ---- the contenders

def divide(options, scratch):
    """Writes train.tsv and test.tsv and returns the edition of their codes."""
    flags = (["--edition", options.edition] if options.edition else []) + (["--later"] if options.later else [])
    listed = subprocess.run([options.hsstream, "dataset", "split", options.data, scratch, *flags, "--json"], check=True, stdout=subprocess.PIPE, text=True).stdout
    return json.loads(listed.splitlines()[0])["edition"]


def hsstream(options, edition, test, scratch):
    program = os.path.abspath(options.hsstream)
    note("HsStream: training")
    start = time.time()
    trained = json.loads(subprocess.run(
        [program, "train", "--data", f"{scratch}/train.tsv", "--format", "tsv", "--no-header", "--code-column", "#1", "--text-column", "#2",
         "--edition", edition, "--models", f"{scratch}/models", "--json"],
        check=True, stdout=subprocess.PIPE, text=True).stdout)
    fit = time.time() - start

    def predict(texts, top):
        with open(f"{scratch}/texts", "w", encoding="utf-8") as lines:
            lines.writelines(text + "\n" for text in texts)
        begin = time.time()
        out = subprocess.run(
            [program, "predict", "--file", f"{scratch}/texts", "--model", trained["folder"], "--top", str(top), "--no-header-line"],
            check=True, stdout=subprocess.PIPE, text=True, encoding="utf-8").stdout
        took = time.time() - begin
        rows = [line.split("\t")[5:] for line in out.rstrip("\n").split("\n")]
        if len(rows) != len(texts):
            raise SystemExit(f"hsstream predict gave {len(rows)} lines for {len(texts)} texts")
        return rows, took

    note("HsStream: answering")
    rows, _ = predict(test[0], RANKING)
    rankings = [[code for code in row[0::2] if code] for row in rows]
    many = (test[0] * (SPEED_LINES // len(test[0]) + 1))[:SPEED_LINES]
    _, took = predict(many, 5)
    return {
        "name": "HsStream", "fitSeconds": fit, "perSecond": len(many) / took, "bytes": trained["bundleBytes"], "modelVersion": trained["modelVersion"],
        **accuracy(test[1], rankings, [float(row[1]) for row in rows]),
    }


def tfidf(texts):
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.pipeline import FeatureUnion
    union = FeatureUnion([
        ("words", TfidfVectorizer(token_pattern=r"\S+", ngram_range=(1, 2), sublinear_tf=True)),
        ("characters", TfidfVectorizer(analyzer="char_wb", ngram_range=(2, 5), min_df=2, sublinear_tf=True)),
    ])
    start = time.time()
    matrix = union.fit_transform(texts)
    return union, matrix, time.time() - start


def nearest(train, test, features):
    import numpy
    union, matrix, fit = features
    note("kNN: answering")
    rankings, confidence = [], []
    start = time.time()
    columns = matrix.T.tocsr()
    queries = union.transform(test[0])
    for first in range(0, queries.shape[0], 500):
        similarities = (queries[first:first + 500] @ columns).toarray()
        for similarity, near in zip(similarities, numpy.argpartition(-similarities, 30, axis=1)[:, :30]):
            votes = collections.defaultdict(float)
            for row in near:
                votes[train[1][row]] += float(similarity[row]) ** 4
            ranking = sorted(votes, key=votes.get, reverse=True)
            rankings.append(ranking[:RANKING])
            confidence.append(votes[ranking[0]] / (sum(votes.values()) or 1))
    took = time.time() - start
    size = matrix.data.nbytes + matrix.indices.nbytes + matrix.indptr.nbytes
    return {"name": "kNN, TF-IDF", "fitSeconds": fit, "perSecond": len(test[0]) / took, "bytes": size, **accuracy(test[1], rankings, confidence)}


def support_vectors(train, test, features):
    import numpy
    from sklearn.svm import LinearSVC
    union, matrix, fit = features
    note("LinearSVC: fitting, which takes minutes")
    start = time.time()
    machine = LinearSVC(C=0.5, dual=True, tol=1e-2, max_iter=200).fit(matrix, train[1])
    fit += time.time() - start
    note("LinearSVC: answering")
    rankings, confidence = [], []
    start = time.time()
    for first in range(0, len(test[0]), 500):
        margins = machine.decision_function(union.transform(test[0][first:first + 500]))
        order = numpy.argsort(-margins, axis=1)[:, :RANKING]
        rankings += [[machine.classes_[label] for label in row] for row in order]
        confidence += [row[best[0]] - row[best[1]] for row, best in zip(margins, order)]
    took = time.time() - start
    return {
        "name": "LinearSVC, TF-IDF", "fitSeconds": fit, "perSecond": len(test[0]) / took, "bytes": machine.coef_.nbytes + machine.intercept_.nbytes,
        **accuracy(test[1], rankings, confidence),
    }


def fasttext(train, test, scratch):
    note("fastText: training")
    with open(f"{scratch}/train", "w", encoding="utf-8") as lines:
        lines.writelines(f"__label__{code} {text}\n" for text, code in zip(*train))
    many = (test[0] * (SPEED_LINES // len(test[0]) + 1))[:SPEED_LINES]
    for name, texts in (("test", test[0]), ("many", many)):
        with open(f"{scratch}/{name}", "w", encoding="utf-8") as lines:
            lines.writelines(text + "\n" for text in texts)
    settings = {"epoch": 30, "lr": 0.5, "wordNgrams": 2, "minn": 2, "maxn": 5, "dim": 100, "bucket": 500000, "loss": "softmax", "thread": 2, "verbose": 0}
    flags = [part for name, value in settings.items() for part in (f"-{name}", str(value))]
    start = time.time()
    subprocess.run(["fasttext", "supervised", "-input", f"{scratch}/train", "-output", f"{scratch}/fasttext", *flags], check=True, stdout=subprocess.DEVNULL)
    fit = time.time() - start

    def predict(name, top):
        begin = time.time()
        out = subprocess.run(["fasttext", "predict-prob", f"{scratch}/fasttext.bin", f"{scratch}/{name}", str(top)], check=True, stdout=subprocess.PIPE, text=True).stdout
        return [line.replace("__label__", "").split() for line in out.split("\n")[:-1]], time.time() - begin

    note("fastText: answering")
    rows, _ = predict("test", RANKING)
    _, took = predict("many", 5)
    return {
        "name": "fastText", "fitSeconds": fit, "perSecond": len(many) / took, "bytes": os.path.getsize(f"{scratch}/fasttext.bin"),
        **accuracy(test[1], [row[0::2] for row in rows], [float(row[1]) if row else 0 for row in rows]),
    }


# ---- the result

def describe_machine():
    processor = "unknown"
    if os.path.exists("/proc/cpuinfo"):
        processor = next((line.split(":", 1)[1].strip() for line in open("/proc/cpuinfo", encoding="utf-8") if line.startswith("model name")), processor)
    commit = subprocess.run(["git", "describe", "--always", "--dirty"], capture_output=True, text=True).stdout.strip() or "unknown"
    return {"processor": processor, "cores": os.cpu_count(), "system": platform.platform(), "python": platform.python_version(), "commit": commit, "date": time.strftime("%Y-%m-%d")}


def size(count):
    return f"{count / 1e9:.1f} GB" if count >= 1e9 else f"{count / 1e6:.1f} MB"


def markdown(result):
    machine, results = result["machine"], result["results"]
    linear = next((r for r in results if r["name"].startswith("LinearSVC")), None)
    lines = [
        "# Accuracy beside the usual choices", "",
        f"{result['trainRows']} rows to learn from, {result['testRows']} to answer ({result['source']}); all in one run on {machine['processor']}, {machine['cores']} cores, "
        f"{machine['date']}, commit {machine['commit']}. `make bench-accuracy DATA=file` makes this again.", "",
        "| | HS6 @1 | @3 | @5 | HS4 @1 | HS2 @1 | macro-F1 | could decide at 90% | fit | descriptions/s | × LinearSVC | weights |",
        "|---|---:|---:|---:|---:|---:|---:|---:|---:|---:|---:|---:|",
    ]
    for r in results:
        times = f"{r['perSecond'] / linear['perSecond']:.1f}" if linear else "–"
        cells = [f"{r[key]:.3f}" for key in ("hs6Top1", "hs6Top3", "hs6Top5", "hs4Top1", "hs2Top1", "macroF1", "shareAt90")]
        lines.append(f"| {r['name']} | {' | '.join(cells)} | {r['fitSeconds']:.0f} s | {r['perSecond']:,.0f} | {times} | {size(r['bytes'])} |")
    lines += [
        "",
        "HS4 and HS2 are prefixes of the ranking, each counted once. Could decide at 90%: share of rows, surest first, of which 90% get the right six digits; surest by "
        "probability (HsStream, fastText), by the distance of the best two margins (LinearSVC), by the share of the votes (kNN). Speed: HsStream and fastText on 100,000 lines "
        "including the start of the process, the others in a running process on the test rows. Fit: from texts to a model, for HsStream with calibration and export.", "",
    ]
    return "\n".join(lines)


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--data", required=True, metavar="FILE")
    parser.add_argument("--edition", help="of the codes; default: the one that fits more of them")
    parser.add_argument("--later", action="store_true", help="ask about the last fifth of the stream, less what was seen, instead of a tenth of the texts")
    parser.add_argument("--hsstream", default="./hsstream")
    parser.add_argument("--out", default="benchmarks/results")
    parser.add_argument("--only", default="hsstream,knn,svc,fasttext")
    options = parser.parse_args()
    chosen = options.only.split(",")
    if unknown := set(chosen) - {"hsstream", "knn", "svc", "fasttext"}:
        parser.error(f"--only names {', '.join(sorted(unknown))}; expected hsstream, knn, svc, fasttext")
    results = []
    with tempfile.TemporaryDirectory(prefix="hsstream-accuracy-") as scratch:
        edition = divide(options, scratch)
        train, test = (read_rows(f"{scratch}/{name}") for name in ("train.tsv", "test.tsv"))
        if "hsstream" in chosen:
            results.append(hsstream(options, edition, test, scratch))
        if "fasttext" in chosen:
            results.append(fasttext(train, test, scratch))
        if {"knn", "svc"} & set(chosen):
            note("TF-IDF")
            features = tfidf(train[0])
            if "knn" in chosen:
                results.append(nearest(train, test, features))
            if "svc" in chosen:
                results.append(support_vectors(train, test, features))
    result = {"source": os.path.basename(options.data) + (", later block" if options.later else ", deduplicated split"), "trainRows": len(train[0]), "testRows": len(test[0]), "edition": edition, "machine": describe_machine(), "results": results}
    os.makedirs(options.out, exist_ok=True)
    with open(os.path.join(options.out, "accuracy.json"), "w", encoding="utf-8") as file:
        json.dump(result, file, indent=2)
        file.write("\n")
    text = markdown(result)
    with open(os.path.join(options.out, "accuracy.md"), "w", encoding="utf-8") as file:
        file.write(text)
    print(text)


if __name__ == "__main__":
    main()

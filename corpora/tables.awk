# OUT/{train,dev,test,untranscribed}.tsv of all recordings, for prepare.sh.
#
#     awk -F '\t' -v OFS='\t' -v out=OUT -f tables.awk DEV.SPEAKERS ALL
#
# ALL has part (train or test), id, path, speaker and text of each. What
# DEV.SPEAKERS say, a name a line, goes from train to dev.

FNR == NR {
    dev[$1] = 1
    next
}

FNR == 1 {
    for (i = split("train dev test", parts, " "); i > 0; i--)
        print "id", "path", "speaker", "text" >(out "/" parts[i] ".tsv")
    print "id", "path", "speaker" >(out "/untranscribed.tsv")
}

{
    part = $1 == "train" && $4 in dev ? "dev" : $1
    print $2, $3, $4, $5 >(out "/" part ".tsv")
    if (part == "train")
        print $2, $3, $4 >(out "/untranscribed.tsv")
}

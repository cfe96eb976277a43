# What is seen of one recording, which `attune probe --picture FOLDER` wrote:
# gnuplot -e "work='FOLDER'" recipes/picture.gp
set encoding utf8
load work.'/axes.gp'
set terminal pngcairo size 860,740 background rgb 'white' font 'sans,11'
set output work.'/picture.png'
set multiplot
set xrange [0:length]
set lmargin at screen 0.09
set rmargin at screen 0.88
set tics out nomirror
set format x ''
unset key
set colorbox user size 0.015,0.16

# Frames: what is loud is dark.
set tmargin at screen 0.955
set bmargin at screen 0.69
set title 'log mel spectrogram (normalised: deviations from the mean)' offset 0,-0.7
set ylabel 'mel band' offset 1
set yrange [0:bins]
set cbrange [-2:2]
set cbtics 1
set palette defined (0 'white', 1 '#084081')
set colorbox user origin 0.9,0.74 size 0.015,0.16
plot work.'/frames.txt' matrix using ($2*0.01+0.005):($1+0.5):3 with image

# Codes have no order, so that a colour says only where they change or return.
set tmargin at screen 0.63
set bmargin at screen 0.56
set title 'codes of codebook 1, a colour each'
unset ylabel
unset ytics
set yrange [0:1]
set cbrange [0:codes]
set palette defined (0 '#440154', 1 '#3b528b', 2 '#21918c', 3 '#5ec962', 4 '#fde725')
unset colorbox
plot work.'/codes.txt' using ($0*code_step+code_step/2):(0.5):(code_step/2):(0.5):(real(int($1*619)%codes)) \
    with boxxyerror fillstyle solid noborder linecolor palette

# Posteriors.
n = |tokens|
set tmargin at screen 0.50
set bmargin at screen 0.165
set title 'probability of the blank and of each letter'
set ytics ('' 0) out nomirror scale 0
do for [i=1:n] { set ytics add (tokens[i] n-i+0.5) }
set yrange [0:n]
set cbrange [0:1]
set cbtics 0.5
set palette defined (0 'white', 1 '#67000d')
set colorbox user origin 0.9,0.25 size 0.015,0.16
plot work.'/posteriors.txt' matrix using (($2+0.5)*step):(n-$1-0.5):3 with image pixels

# The alignment.
set tmargin at screen 0.115
set bmargin at screen 0.065
set title 'forced alignment'
set xlabel 'time, s' offset 0,0.6
set format x '%g'
unset ytics
unset colorbox
set yrange [0:1]
plot work.'/letters.txt' using 1:(0.5):1:2:(0):(1) with boxxyerror fillstyle solid 0.25 linecolor rgb '#084081', \
     work.'/letters.txt' using (($1+$2)/2):(0.5):3 with labels font ',13'
unset multiplot

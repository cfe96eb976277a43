# Word error rate against minutes of transcripts: of curve.sh.
# gnuplot -e "work='FOLDER'" curve.gp
set terminal svg size 640,420 background rgb 'white'
set output work.'/curve.svg'
set xlabel 'minutes of transcribed recordings'
set ylabel 'word error rate on the test recordings, %'
set logscale x
set xrange [0.8:50]
set xtics (1, 2, 5, 10, 20, 37)
set yrange [0:105]
set grid
set key top right
array arms[4] = ['scratch', 'own-km', 'own-km-guided', 'own-km-self']
array names[4] = ['from scratch', 'pretrained', 'and guided', 'and self-training']
data(i) = work.'/curve-'.arms[i].'.dat'
plot for [i = 1:4] data(i) using 1:2:3 with yerrorlines lc i pt 7 \
         title names[i], \
     for [i = 1:4] data(i) using 1:4:5 with yerrorlines lc i pt 6 dt 2 \
         title names[i].', n-grams'

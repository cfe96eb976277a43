# Two learning curves: gnuplot -e "work='FOLDER'" curves.gp
set terminal svg size 640,400 background rgb 'white'
set output work.'/curves.svg'
set xlabel 'updates of fine-tuning'
set ylabel 'word error rate on development recordings, %'
set yrange [0:105]
set grid
set key bottom left
plot work.'/scratch.curve' skip 1 with linespoints title 'from scratch', \
     work.'/pretrained.curve' skip 1 with linespoints title 'pretrained'

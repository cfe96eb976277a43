/* What the machine can do: the limit that the other figures are held
 * against. */
#include "tests/machine.h"

#include "model/kernel/cpu.h"
#include "model/kernel/gemm.h"
#include "tests/bench.h"

int main(int count, char **arguments)
{
    (void)count;
    cpu_choose_blas(arguments);
    gemm_threads(1);
    int cores = cpu_count();
    bench_note("%d cores, OpenBLAS kernels for %s", cores, gemm_core_name());
    bench_print("cores", cores, "");
    bench_print("sgemm_one_core", machine_sgemm(NULL, 1, 1), "GFLOPS");
    bench_print("sgemm_all_cores", machine_sgemm(NULL, cores, 1), "GFLOPS");
    bench_print("memory_bandwidth", machine_bandwidth(cores, 1), "GB/s");
    return 0;
}

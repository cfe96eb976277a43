/* The number type of layers: float, or double in the gradient-check build
 * (-DATTUNE_DOUBLE). */
#ifndef MODEL_KERNEL_REAL_H
#define MODEL_KERNEL_REAL_H

#ifdef ATTUNE_DOUBLE
typedef double real;
#else
typedef float real;
#endif

#endif

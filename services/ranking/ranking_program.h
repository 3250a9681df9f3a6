/* ranking_program: linear and whole-number programs, solved by GLPK: the only door to glpk.h.
 *
 * minimise cost · x, while lo <= A x <= hi for every row and lo <= x <= hi for every column. The same program gives the same
 * answer on every run; the search stops after a number of nodes, not after a time. Feasibility is meant within 1e-9.
 * A program is solved once: what it was is not kept. */
#ifndef EFFREG_RANKING_PROGRAM_H
#define EFFREG_RANKING_PROGRAM_H

#include "common/base.h"

struct ranking_program;

enum ranking_program_result {
	RANKING_PROGRAM_SOLVED,
	RANKING_PROGRAM_INFEASIBLE,
	RANKING_PROGRAM_GIVEN_UP,  /* the nodes are used up, or numbers too unlike for the solver */
};

/* Fresh; columns and rows are set once each, by number from 0. */
struct ranking_program *ranking_program_new(size_t columns, size_t rows);
void ranking_program_destroy(struct ranking_program **program);

/* lo and hi may be infinite. whole: the column takes whole numbers only. */
void ranking_program_column(struct ranking_program *program, size_t column, double lo, double hi, double cost, bool whole);
/* count entries: columns and their coefficients, each column at most once. */
void ranking_program_row(struct ranking_program *program, size_t row, const size_t *columns, const double *coefficients,
                         size_t count, double lo, double hi);

/* ret_x: columns, when SOLVED. nodes_max: of the search over whole numbers. */
enum ranking_program_result ranking_program_solve(struct ranking_program *program, size_t nodes_max, double *ret_x) MUST_CHECK;

#endif

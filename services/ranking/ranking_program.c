#include "services/ranking/ranking_program.h"

#include <glpk.h>
#include <math.h>
#include <stdlib.h>

#define TOLERANCE 1e-9

struct ranking_program {
	glp_prob *problem;
	size_t columns;
	bool whole;       /* some column is */
	int *indices;     /* from 1, as GLPK counts */
	double *values;
	size_t nodes_max; /* of the search going on */
};

struct ranking_program *ranking_program_new(size_t columns, size_t rows)
{
	struct ranking_program *program = calloc(1, sizeof *program);
	ASSERT(program != NULL && columns > 0 && columns < INT32_MAX && rows < INT32_MAX);
	*program = (struct ranking_program){.problem = glp_create_prob(), .columns = columns};
	program->indices = calloc(columns + 1, sizeof *program->indices);
	program->values = calloc(columns + 1, sizeof *program->values);
	ASSERT(program->indices != NULL && program->values != NULL);
	glp_term_out(GLP_OFF);
	glp_set_obj_dir(program->problem, GLP_MIN);
	glp_add_cols(program->problem, (int)columns);
	if (rows > 0)
		glp_add_rows(program->problem, (int)rows);
	return program;
}

void ranking_program_destroy(struct ranking_program **program)
{
	if (*program == NULL)
		return;
	glp_delete_prob((*program)->problem);
	free((*program)->indices);
	free((*program)->values);
	free(*program);
	*program = NULL;
}

static int bounds_kind(double lo, double hi)
{
	if (isinf(lo))
		return isinf(hi) ? GLP_FR : GLP_UP;
	if (isinf(hi))
		return GLP_LO;
	return lo == hi ? GLP_FX : GLP_DB;
}

void ranking_program_column(struct ranking_program *program, size_t column, double lo, double hi, double cost, bool whole)
{
	int j = (int)column + 1;
	glp_set_col_bnds(program->problem, j, bounds_kind(lo, hi), lo, hi);
	glp_set_obj_coef(program->problem, j, cost);
	if (whole)
		glp_set_col_kind(program->problem, j, GLP_IV);
	program->whole |= whole;
}

void ranking_program_row(struct ranking_program *program, size_t row, const size_t *columns, const double *coefficients,
                         size_t count, double lo, double hi)
{
	int length = 0;
	ASSERT(count <= program->columns);
	for (size_t i = 0; i < count; i++) {
		if (coefficients[i] == 0)
			continue;
		length++;
		program->indices[length] = (int)columns[i] + 1;
		program->values[length] = coefficients[i];
	}
	glp_set_mat_row(program->problem, (int)row + 1, length, program->indices, program->values);
	glp_set_row_bnds(program->problem, (int)row + 1, bounds_kind(lo, hi), lo, hi);
}

/* Ends the search when its nodes are used up. */
static void watch(glp_tree *tree, void *context)
{
	const struct ranking_program *program = context;
	int active, now, all;
	glp_ios_tree_size(tree, &active, &now, &all);
	if ((size_t)all > program->nodes_max)
		glp_ios_terminate(tree);
}

static enum ranking_program_result solve_linear(struct ranking_program *program, double *ret_x)
{
	glp_smcp control;
	glp_init_smcp(&control);
	control.msg_lev = GLP_MSG_OFF;
	control.meth = GLP_DUALP;
	control.tol_bnd = TOLERANCE;
	control.tol_dj = TOLERANCE;
	glp_scale_prob(program->problem, GLP_SF_AUTO);
	glp_adv_basis(program->problem, 0);
	if (glp_simplex(program->problem, &control) != 0)
		return RANKING_PROGRAM_GIVEN_UP;
	int status = glp_get_status(program->problem);
	for (size_t i = 0; i < program->columns && status == GLP_OPT; i++)
		ret_x[i] = glp_get_col_prim(program->problem, (int)i + 1);
	if (status == GLP_OPT)
		return RANKING_PROGRAM_SOLVED;
	return status == GLP_NOFEAS ? RANKING_PROGRAM_INFEASIBLE : RANKING_PROGRAM_GIVEN_UP;
}

/* The search works within wider tolerances than ours: what it found is solved once more with its whole numbers fixed. */
static enum ranking_program_result solve_around(struct ranking_program *program, double *ret_x)
{
	for (int j = 1; j <= (int)program->columns; j++) {
		double value = floor(glp_mip_col_val(program->problem, j) + 0.5);
		if (glp_get_col_kind(program->problem, j) != GLP_CV)
			glp_set_col_bnds(program->problem, j, GLP_FX, value, value);
	}
	return solve_linear(program, ret_x);
}

static enum ranking_program_result solve_whole(struct ranking_program *program, size_t nodes_max, double *ret_x)
{
	glp_iocp control;
	program->nodes_max = nodes_max;
	glp_init_iocp(&control);
	control.msg_lev = GLP_MSG_OFF;
	control.tol_int = 1e-7;
	control.cb_func = watch;
	control.cb_info = program;
	if (glp_intopt(program->problem, &control) != 0)
		return RANKING_PROGRAM_GIVEN_UP;
	int status = glp_mip_status(program->problem);
	if (status == GLP_OPT)
		return solve_around(program, ret_x) == RANKING_PROGRAM_SOLVED ? RANKING_PROGRAM_SOLVED : RANKING_PROGRAM_GIVEN_UP;
	return status == GLP_NOFEAS ? RANKING_PROGRAM_INFEASIBLE : RANKING_PROGRAM_GIVEN_UP;
}

enum ranking_program_result ranking_program_solve(struct ranking_program *program, size_t nodes_max, double *ret_x)
{
	enum ranking_program_result result = solve_linear(program, ret_x);
	return result == RANKING_PROGRAM_SOLVED && program->whole ? solve_whole(program, nodes_max, ret_x) : result;
}

"""The optimizer rules in the order they are applied."""

from hades_mcp.embedded.aql.rules.arangosearch_constrained_sort import (
    arangosearch_constrained_sort,
)
from hades_mcp.embedded.aql.rules.geo_index_optimizer import geo_index_optimizer
from hades_mcp.embedded.aql.rules.handle_arangosearch_views import handle_arangosearch_views
from hades_mcp.embedded.aql.rules.inline_subqueries import inline_subqueries
from hades_mcp.embedded.aql.rules.move_calculations_down import move_calculations_down
from hades_mcp.embedded.aql.rules.move_calculations_up import move_calculations_up
from hades_mcp.embedded.aql.rules.move_filters_up import move_filters_up
from hades_mcp.embedded.aql.rules.optimize_projections import optimize_projections
from hades_mcp.embedded.aql.rules.optimize_traversals import optimize_traversals
from hades_mcp.embedded.aql.rules.optimizer import (
    NamedRule,
    Optimization,
    Schema,
    enabled,
    optimize,
)
from hades_mcp.embedded.aql.rules.reduce_extraction_to_projection import (
    reduce_extraction_to_projection,
)
from hades_mcp.embedded.aql.rules.refuse_unused_index_hints import refuse_unused_index_hints
from hades_mcp.embedded.aql.rules.remove_collect_variables import remove_collect_variables
from hades_mcp.embedded.aql.rules.remove_data_modification_out_variables import (
    remove_data_modification_out_variables,
)
from hades_mcp.embedded.aql.rules.remove_filter_covered_by_index import (
    remove_filter_covered_by_index,
)
from hades_mcp.embedded.aql.rules.remove_filter_covered_by_traversal import (
    remove_filter_covered_by_traversal,
)
from hades_mcp.embedded.aql.rules.remove_redundant_calculations import remove_redundant_calculations
from hades_mcp.embedded.aql.rules.remove_redundant_path_var import remove_redundant_path_var
from hades_mcp.embedded.aql.rules.remove_unnecessary_calculations import (
    remove_unnecessary_calculations,
)
from hades_mcp.embedded.aql.rules.remove_unnecessary_filters import remove_unnecessary_filters
from hades_mcp.embedded.aql.rules.replace_any_eq_with_in import replace_any_eq_with_in
from hades_mcp.embedded.aql.rules.replace_or_with_in import replace_or_with_in
from hades_mcp.embedded.aql.rules.sort_limit import sort_limit
from hades_mcp.embedded.aql.rules.use_index_for_collect import use_index_for_collect
from hades_mcp.embedded.aql.rules.use_index_for_sort import use_index_for_sort
from hades_mcp.embedded.aql.rules.use_indexes import use_indexes
from hades_mcp.embedded.aql.rules.use_inverted_indexes import use_inverted_indexes
from hades_mcp.embedded.aql.rules.use_vector_index import refuse_unused, use_vector_index

RULES: tuple[NamedRule, ...] = (
    NamedRule("remove-unnecessary-filters", remove_unnecessary_filters),
    NamedRule("inline-subqueries", inline_subqueries),
    NamedRule("move-calculations-up", move_calculations_up),
    NamedRule("move-filters-up", move_filters_up),
    NamedRule("remove-redundant-calculations", remove_redundant_calculations),
    NamedRule("replace-or-with-in", replace_or_with_in),
    NamedRule("replace-any-eq-with-in", replace_any_eq_with_in),
    NamedRule("handle-arangosearch-views", handle_arangosearch_views, required=True),
    NamedRule("use-vector-index", use_vector_index, required=True),
    NamedRule("refuse-unused-vector-search", refuse_unused, required=True),
    NamedRule("geo-index-optimizer", geo_index_optimizer),
    NamedRule("use-indexes", use_inverted_indexes),
    NamedRule("use-indexes", use_indexes),
    NamedRule("remove-filter-covered-by-index", remove_filter_covered_by_index),
    NamedRule("use-index-for-sort", use_index_for_sort),
    NamedRule("refuse-unused-index-hints", refuse_unused_index_hints, required=True),
    NamedRule("optimize-traversals", optimize_traversals),
    NamedRule("remove-filter-covered-by-traversal", remove_filter_covered_by_traversal),
    NamedRule("remove-redundant-path-var", remove_redundant_path_var),
    NamedRule("remove-unnecessary-calculations", remove_unnecessary_calculations),
    NamedRule("remove-collect-variables", remove_collect_variables),
    NamedRule("use-index-for-collect", use_index_for_collect),
    NamedRule("move-calculations-down", move_calculations_down),
    NamedRule("sort-limit", sort_limit),
    NamedRule("arangosearch-constrained-sort", arangosearch_constrained_sort),
    NamedRule("reduce-extraction-to-projection", reduce_extraction_to_projection),
    NamedRule("optimize-projections", optimize_projections),
    NamedRule("remove-data-modification-out-variables", remove_data_modification_out_variables),
)

__all__ = ["RULES", "NamedRule", "Optimization", "Schema", "enabled", "optimize"]

"""The few kinds of panels that the dashboards are made of, and the variables that choose what they show."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from grafana_foundation_sdk.builders import dashboard, heatmap, prometheus, stat, table, timeseries
from grafana_foundation_sdk.builders.common import ReduceDataOptions, VizLegendOptions
from grafana_foundation_sdk.cog.builder import Builder
from grafana_foundation_sdk.models import dashboard as models
from grafana_foundation_sdk.models.common import (
    BigValueColorMode,
    BigValueGraphMode,
    BigValueTextMode,
    LegendDisplayMode,
    LegendPlacement,
    VizOrientation,
)
from grafana_foundation_sdk.models.heatmap import HeatmapColorMode
from grafana_foundation_sdk.models.prometheus import PromQueryFormat

SOURCE = models.DataSourceRef(type_val="prometheus", uid="${datasource}")
LATEST = ("lastNotNull",)
WIDE = 12
NARROW = 4
TALL = 8
SHORT = 4

AnyPanel = Builder[models.Panel]


@dataclass(frozen=True)
class Query:
    """One PromQL expression and how to call its series; `{{label}}` is replaced by Grafana."""

    expression: str
    legend: str = ""

    def over_time(self, number: int) -> prometheus.Dataquery:
        """Return the target that asks for the whole time range."""
        return self._target(number).range()

    def now(self, number: int = 0) -> prometheus.Dataquery:
        """Return the target that asks for the end of the time range only."""
        return self._target(number).instant()

    def _target(self, number: int) -> prometheus.Dataquery:
        name = chr(ord("A") + number)
        target = prometheus.Dataquery().expr(self.expression).ref_id(name).datasource(SOURCE)
        return target.legend_format(self.legend)


@dataclass(frozen=True)
class Limits:
    """Where a number turns yellow and red, and the colour before that."""

    warn: float
    alarm: float
    good_is_high: bool = False

    def thresholds(self) -> dashboard.ThresholdsConfig:
        """Return them as Grafana wants them: from the lowest up."""
        colours = ("red", "yellow", "green") if self.good_is_high else ("green", "yellow", "red")
        edges = (None, *sorted((self.warn, self.alarm)))
        steps = [
            models.Threshold(value=edge, color=colour) for edge, colour in zip(edges, colours, strict=True)
        ]
        return dashboard.ThresholdsConfig().mode(models.ThresholdsMode.ABSOLUTE).steps(steps)


def graph(title: str, description: str, unit: str, *queries: Query, highest: float | None = None) -> AnyPanel:
    """Return a panel with lines over time, from zero up; `unit` is one of Grafana's."""
    legend = VizLegendOptions().display_mode(LegendDisplayMode.LIST).placement(LegendPlacement.BOTTOM)
    panel = timeseries.Panel().title(title).description(description).unit(unit).datasource(SOURCE)
    panel = panel.span(WIDE).height(TALL).min(0).fill_opacity(8).legend(legend.show_legend(True))
    panel = panel.targets([query.over_time(number) for number, query in enumerate(queries)])
    return panel if highest is None else panel.max(highest)


def number(title: str, description: str, unit: str, query: Query, limits: Limits | None = None) -> AnyPanel:
    """Return a panel with the latest value, and a small line behind it."""
    panel = stat.Panel().title(title).description(description).unit(unit).datasource(SOURCE)
    panel = (
        panel.span(NARROW).height(SHORT).graph_mode(BigValueGraphMode.AREA).with_target(query.over_time(0))
    )
    panel = panel.reduce_options(ReduceDataOptions().calcs(list(LATEST)))
    if limits is None:
        return panel.color_mode(BigValueColorMode.NONE)
    return panel.color_mode(BigValueColorMode.VALUE).thresholds(limits.thresholds())


def name(title: str, description: str, query: Query) -> AnyPanel:
    """Return a panel that shows the names of series rather than their values."""
    panel = stat.Panel().title(title).description(description).datasource(SOURCE)
    panel = panel.span(NARROW).height(SHORT).text_mode(BigValueTextMode.NAME).with_target(query.now())
    panel = panel.reduce_options(ReduceDataOptions().calcs(list(LATEST)))
    return panel.graph_mode(BigValueGraphMode.NONE).orientation(VizOrientation.VERTICAL)


def buckets(title: str, description: str, query: Query) -> AnyPanel:
    """Return a panel with the buckets of a histogram over time, the darker the fuller."""
    target = query.over_time(0).format(PromQueryFormat.HEATMAP)
    colour = heatmap.HeatmapColorOptions().mode(HeatmapColorMode.SCHEME).scheme("Oranges").steps(64)
    panel = heatmap.Panel().title(title).description(description).datasource(SOURCE).calculate(False)
    return panel.span(WIDE).height(TALL).color(colour).with_target(target)


def listing(title: str, description: str, query: Query, hidden: Sequence[str]) -> AnyPanel:
    """Return a table of the labels of series, without the columns that are of no use."""
    dropped = {"excludeByName": dict.fromkeys(hidden, True)}
    panel = table.Panel().title(title).description(description).datasource(SOURCE)
    panel = panel.span(2 * WIDE).height(TALL).with_target(query.now().format(PromQueryFormat.TABLE))
    return panel.with_transformation(models.DataTransformerConfig(id_val="organize", options=dropped))


def choice(label: str, variable: str, metric: str, *, several: bool = False) -> dashboard.QueryVariable:
    """Return a variable whose values are those of a label of a metric."""
    built = dashboard.QueryVariable(variable).label(label).datasource(SOURCE)
    built = built.query(f"label_values({metric}, {variable})").sort(models.VariableSort.ALPHABETICAL_ASC)
    built = built.refresh(models.VariableRefresh.ON_TIME_RANGE_CHANGED)
    return built.multi(True).include_all(True) if several else built


def board(
    identity: str,
    title: str,
    description: str,
    variables: Iterable[Builder[models.VariableModel]],
    rows: Iterable[tuple[str, Sequence[AnyPanel]]],
) -> models.Dashboard:
    """Return a dashboard of rows of panels; `identity` is its address and never changes."""
    made = dashboard.Dashboard(title).uid(identity).description(description).tags(["ekiben"]).readonly()
    made = made.time("now-3h", "now").refresh("30s").timezone("browser")
    made = made.tooltip(models.DashboardCursorSync.CROSSHAIR)
    made = made.with_variable(dashboard.DatasourceVariable("datasource").label("Source").type("prometheus"))
    for variable in variables:
        made = made.with_variable(variable)
    for heading, panels in rows:
        made = made.with_row(dashboard.Row(heading))
        for panel in panels:
            made = made.with_panel(panel)
    return _numbered(made.build())


def _numbered(dashboard: models.Dashboard) -> models.Dashboard:
    # A panel without a number can't be linked to.
    for index, panel in enumerate(dashboard.panels or (), start=1):
        panel.id_val = index
    return dashboard

"""Values -> SVG for a page. Positions are shares of the width, so that words keep their size."""

from reconciler.report.charts.adoption import adopted_by, adoption
from reconciler.report.charts.drawing import Drawing
from reconciler.report.charts.running import running, shares
from reconciler.report.charts.timeline import timeline

__all__ = ["Drawing", "adopted_by", "adoption", "running", "shares", "timeline"]

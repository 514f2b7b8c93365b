#pragma once
// All of drift's reports: traces, sidecars, verdicts, figures, tables and the progress line. Needs fmt: target
// drift::report.

#include <drift/report/figure.hpp>
#include <drift/report/json.hpp>
#include <drift/report/progress.hpp>
#include <drift/report/run_progress.hpp>
#include <drift/report/sidecar.hpp>
#include <drift/report/table.hpp>
#include <drift/report/text.hpp>
#include <drift/report/trace.hpp>
#include <drift/report/verdicts.hpp>

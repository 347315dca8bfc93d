package io.mistersmith.persistence.core.metrics;

import java.util.List;
import java.util.stream.Stream;

/** The figures that the specification names, and how each is had. */
final class SpecifiedFigures {

  /**
   * A figure.
   *
   * @param name its name in the specification
   * @param meter the meter that it is, or that it is computed from
   * @param query how to compute it in PromQL; empty where the meter's value is the figure
   */
  record Figure(String name, String meter, String query) {}

  private SpecifiedFigures() {}

  static List<Figure> all() {
    return Stream.of(ofConsistency(), ofPools(), ofServers(), ofTheDashboard())
        .flatMap(List::stream)
        .toList();
  }

  private static Figure is(String name, String meter) {
    return new Figure(name, meter, "");
  }

  private static List<Figure> ofConsistency() {
    return List.of(
        is("consistency_lag_ms", "persistence.consistency.lag"),
        new Figure(
            "consistency_window_p95",
            "persistence.consistency.lag",
            "persistence_consistency_lag_seconds{quantile=\"0.95\"}"),
        is("consistency_violations", "persistence.consistency.violations"),
        is("flush_duration_ms", "persistence.flush.duration"),
        new Figure(
            "avg_flush_time",
            "persistence.flush.duration",
            "rate(persistence_flush_duration_seconds_sum[5m]) /"
                + " rate(persistence_flush_duration_seconds_count[5m])"),
        new Figure(
            "state_flush_frequency",
            "persistence.flush.duration",
            "rate(persistence_flush_duration_seconds_count[5m])"),
        is("kv_entries", "persistence.kv.entries"),
        is("sql_rows", "persistence.sql.rows"),
        is("dirty_entries", "persistence.dirty.entries"),
        is("dirty_state_entries", "persistence.dirty.entries"),
        new Figure(
            "orphaned_kv_entries",
            "persistence.inconsistencies",
            "increase(persistence_inconsistencies_total{kind=~\"ORPHAN_(ENTRY|MARKER)\"}[1h])"));
  }

  private static List<Figure> ofPools() {
    return List.of(
        new Figure(
            "total_connections",
            "persistence.pool.active",
            "persistence_pool_active + persistence_pool_idle"),
        is("active_connections", "persistence.pool.active"),
        is("idle_connections", "persistence.pool.idle"),
        is("pending_acquisitions", "persistence.pool.waiting"),
        is("acquisition_time_p95", "persistence.pool.acquire.p95"),
        is("connection_errors", "persistence.pool.timeouts"),
        new Figure(
            "health_check_success_rate",
            "persistence.health.checks",
            "sum by (component) (rate(persistence_health_checks_total{status=\"HEALTHY\"}[5m])) /"
                + " sum by (component) (rate(persistence_health_checks_total[5m]))"),
        new Figure(
            "last_health_check",
            "persistence.health",
            "persistence_health{component=\"health_checks\"}"),
        is("pool_active_connections", "persistence.pool.active"),
        is("pool_idle_connections", "persistence.pool.idle"),
        is("pool_pending_acquisitions", "persistence.pool.waiting"));
  }

  private static List<Figure> ofServers() {
    return List.of(
        new Figure(
            "db_active_connections", "persistence.pool.active", "sum(persistence_pool_active)"),
        new Figure("db_idle_connections", "persistence.pool.idle", "sum(persistence_pool_idle)"),
        new Figure("db_query_latency_p95", "persistence.store.calls", p95("postgresql")),
        is("kv_bucket_size", "persistence.kv.bucket.size"),
        is("kv_entry_count", "persistence.kv.entries"),
        new Figure("kv_operation_latency_p95", "persistence.store.calls", p95("nats")));
  }

  private static String p95(String store) {
    return "histogram_quantile(0.95, sum by (le)"
        + " (rate(persistence_store_calls_seconds_bucket{store=\"%s\"}[5m])))".formatted(store);
  }

  private static List<Figure> ofTheDashboard() {
    return List.of(
        new Figure(
            "query_latency",
            "persistence.store.calls",
            "sum by (operation) (rate(persistence_store_calls_seconds_sum[5m])) /"
                + " sum by (operation) (rate(persistence_store_calls_seconds_count[5m]))"),
        new Figure(
            "operation_throughput",
            "persistence.store.calls",
            "sum by (store) (rate(persistence_store_calls_seconds_count[5m]))"),
        new Figure(
            "error_rate",
            "persistence.store.calls",
            "sum(rate(persistence_store_calls_seconds_count{outcome!=\"OK\"}[5m])) /"
                + " sum(rate(persistence_store_calls_seconds_count[5m]))"),
        is("consistency_lag", "persistence.consistency.lag"),
        new Figure(
            "orphaned_entries",
            "persistence.inconsistencies",
            "increase(persistence_inconsistencies_total{kind=~\"ORPHAN_.*\"}[1h])"),
        new Figure(
            "sync_failures",
            "persistence.flush.failures",
            "rate(persistence_flush_failures_total[5m])"),
        is("memory_usage", "persistence.cache.weight"),
        is("connection_utilization", "persistence.pool.utilization"),
        is("disk_usage", "persistence.kv.bucket.size"));
  }
}

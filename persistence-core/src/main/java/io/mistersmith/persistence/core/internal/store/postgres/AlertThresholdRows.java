package io.mistersmith.persistence.core.internal.store.postgres;

import io.mistersmith.persistence.spi.sql.AlertThreshold;
import io.mistersmith.persistence.spi.sql.AlertThreshold.Scope;
import io.mistersmith.persistence.spi.sql.AlertThreshold.Text;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.OptionalDouble;
import org.jspecify.annotations.Nullable;

/** The table {@code monitoring.alert_thresholds}. */
final class AlertThresholdRows {

  private static final String SET = "monitoring";

  private static final String ALL =
      """
      SELECT metric_name, warning_threshold, critical_threshold, lower_is_worse,
             (EXTRACT(epoch FROM check_interval) * 1000)::bigint AS check_millis, enabled,
             notification_channels, scope, unit, alert_when_unknown, meaning, advice, expression,
             (EXTRACT(epoch FROM pending_for) * 1000)::bigint AS pending_millis
        FROM monitoring.alert_thresholds
       ORDER BY metric_name
      """;

  private static final String PUT =
      """
      INSERT INTO monitoring.alert_thresholds
             (metric_name, warning_threshold, critical_threshold, lower_is_worse, check_interval,
              enabled, notification_channels, scope, unit, alert_when_unknown, meaning, advice,
              expression, pending_for)
      VALUES (:metric, :warning, :critical, :lower, :check * INTERVAL '1 millisecond',
              :enabled, :channels, :scope, :unit, :unknown, :meaning, :advice,
              :expression, :pending * INTERVAL '1 millisecond')
      ON CONFLICT (metric_name) DO UPDATE
         SET warning_threshold = excluded.warning_threshold,
             critical_threshold = excluded.critical_threshold,
             lower_is_worse = excluded.lower_is_worse,
             check_interval = excluded.check_interval,
             enabled = excluded.enabled,
             notification_channels = excluded.notification_channels,
             scope = excluded.scope,
             unit = excluded.unit,
             alert_when_unknown = excluded.alert_when_unknown,
             meaning = excluded.meaning,
             advice = excluded.advice,
             expression = excluded.expression,
             pending_for = excluded.pending_for
      """;

  private static final String REMOVE =
      "DELETE FROM monitoring.alert_thresholds WHERE metric_name = :metric";

  private final Statements statements;

  AlertThresholdRows(Statements statements) {
    this.statements = statements;
  }

  List<AlertThreshold> all() {
    String what = "read the thresholds of alerts";
    return MissingSet.named(
        SET,
        what,
        () ->
            statements.read(
                what,
                handle -> handle.createQuery(ALL).map((row, context) -> threshold(row)).list()));
  }

  void put(AlertThreshold threshold) {
    String what = "put the threshold of " + threshold.metric();
    int unused =
        MissingSet.named(
            SET,
            what,
            () ->
                statements.write(
                    what,
                    handle ->
                        handle
                            .createUpdate(PUT)
                            .bind("metric", threshold.metric())
                            .bind("warning", boxed(threshold.warning()))
                            .bind("critical", boxed(threshold.critical()))
                            .bind("lower", threshold.lowerIsWorse())
                            .bind("check", threshold.checkInterval().toMillis())
                            .bind("enabled", threshold.enabled())
                            .bindArray("channels", String.class, threshold.channels().toArray())
                            .bind("scope", threshold.scope().name().toLowerCase(Locale.ROOT))
                            .bind("unit", threshold.unit())
                            .bind("unknown", threshold.alertWhenUnknown())
                            .bind("meaning", threshold.text().meaning())
                            .bind("advice", threshold.text().advice())
                            .bind("expression", threshold.text().expression().orElse(null))
                            .bind("pending", threshold.text().pendingFor().toMillis())
                            .execute()));
  }

  boolean remove(String metric) {
    String what = "remove the threshold of " + metric;
    return MissingSet.named(
        SET,
        what,
        () ->
            statements.write(
                what, handle -> handle.createUpdate(REMOVE).bind("metric", metric).execute() == 1));
  }

  private static @Nullable Double boxed(OptionalDouble value) {
    return value.isPresent() ? value.getAsDouble() : null;
  }

  private static AlertThreshold threshold(ResultSet row) throws SQLException {
    return new AlertThreshold(
        row.getString("metric_name"),
        PostgresAlertStore.number(row, "warning_threshold"),
        PostgresAlertStore.number(row, "critical_threshold"),
        row.getBoolean("lower_is_worse"),
        Duration.ofMillis(row.getLong("check_millis")),
        row.getBoolean("enabled"),
        List.of((String[]) row.getArray("notification_channels").getArray()),
        Scope.valueOf(row.getString("scope").toUpperCase(Locale.ROOT)),
        row.getString("unit"),
        row.getBoolean("alert_when_unknown"),
        new Text(
            row.getString("meaning"),
            row.getString("advice"),
            Optional.ofNullable(row.getString("expression")),
            Duration.ofMillis(row.getLong("pending_millis"))));
  }
}

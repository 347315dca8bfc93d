package io.mistersmith.persistence.core.internal.store.postgres;

import io.mistersmith.persistence.operations.Alerts.Alert;
import io.mistersmith.persistence.operations.Alerts.AlertChange;
import io.mistersmith.persistence.operations.Alerts.Change;
import io.mistersmith.persistence.operations.Alerts.Level;
import io.mistersmith.persistence.operations.Alerts.Measurement;
import io.mistersmith.persistence.operations.Alerts.XminHolder;
import io.mistersmith.persistence.operations.Alerts.XminHolderKind;
import io.mistersmith.persistence.spi.sql.AlertStore;
import io.mistersmith.persistence.spi.sql.AlertThreshold;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.Set;
import java.util.function.Function;
import org.jdbi.v3.core.Handle;

/** The tables and functions of alerts in the schema {@code monitoring}. */
final class PostgresAlertStore implements AlertStore {

  /** Of the catalog alone, so that it needs no right on the schema. */
  private static final String IS_INSTALLED =
      """
      SELECT EXISTS (
        SELECT
          FROM pg_catalog.pg_proc AS p
          JOIN pg_catalog.pg_namespace AS n ON n.oid = p.pronamespace
         WHERE n.nspname = 'monitoring' AND p.proname = 'run_alert_checks')
      """;

  private static final String SERVICE_LEVELS =
      """
      SELECT name, objective, failure_ratio, meaning, advice
        FROM monitoring.service_levels
       ORDER BY name
      """;

  private static final String CHECK =
      """
      SELECT change, metric_name, level, level_before, current_value, threshold_value, message,
             advice, began_at, measured_at
        FROM monitoring.run_alert_checks(:channels)
      """;

  private static final String OPEN =
      """
      SELECT s.metric_name, s.level, s.current_value, s.threshold_value, s.message,
             coalesce(t.advice, '') AS advice, s.began_at, s.checked_at AS measured_at
        FROM monitoring.alert_states AS s
        LEFT JOIN monitoring.alert_thresholds AS t USING (metric_name)
       WHERE s.level IS NOT NULL
       ORDER BY s.metric_name
      """;

  private static final String NOTICES =
      """
      SELECT notice_id, change, metric_name, level, level_before, current_value, threshold_value,
             message, advice, began_at, measured_at
        FROM monitoring.alert_notices
       WHERE channel = :channel
       ORDER BY notice_id
       LIMIT :most
      """;

  private static final String TOLD = "DELETE FROM monitoring.alert_notices WHERE notice_id = :id";

  private static final String FORGET =
      """
      DELETE FROM monitoring.alert_notices
       WHERE measured_at < clock_timestamp() - :age * INTERVAL '1 microsecond'
      """;

  private static final String XMIN_HOLDERS =
      "SELECT kind, holder, xmin_age, since, detail, remedy FROM monitoring.xmin_holders()";

  private final Statements statements;
  private final AlertThresholdRows thresholds;

  PostgresAlertStore(Statements statements) {
    this.statements = statements;
    this.thresholds = new AlertThresholdRows(statements);
  }

  @Override
  public boolean isInstalled() {
    return statements.read(
        "look for the thresholds of alerts",
        handle -> handle.createQuery(IS_INSTALLED).mapTo(Boolean.class).one());
  }

  @Override
  public List<AlertThreshold> thresholds() {
    return thresholds.all();
  }

  @Override
  public List<ServiceLevel> serviceLevels() {
    return read(
        "read the service levels",
        handle ->
            handle
                .createQuery(SERVICE_LEVELS)
                .map(
                    (row, context) ->
                        new ServiceLevel(
                            row.getString("name"),
                            row.getDouble("objective"),
                            row.getString("failure_ratio"),
                            row.getString("meaning"),
                            row.getString("advice")))
                .list());
  }

  @Override
  public void put(AlertThreshold threshold) {
    thresholds.put(threshold);
  }

  @Override
  public boolean remove(String metric) {
    return thresholds.remove(metric);
  }

  @Override
  public Checked check(Set<String> channels) {
    List<Measurement> values = new ArrayList<>();
    List<AlertChange> changes = new ArrayList<>();
    write(
        "check the thresholds of alerts",
        handle ->
            handle
                .createQuery(CHECK)
                .bindArray("channels", String.class, channels.toArray())
                .map(
                    (row, context) -> {
                      Alert alert = alert(row);
                      alert
                          .value()
                          .ifPresent(
                              value ->
                                  values.add(new Measurement(alert.metric(), value, alert.at())));
                      if (row.getString("change") != null) {
                        changes.add(change(row, alert));
                      }
                      return alert;
                    })
                .list());
    return new Checked(values, changes);
  }

  @Override
  public List<Alert> open() {
    return read(
        "read the open alerts",
        handle -> handle.createQuery(OPEN).map((row, context) -> alert(row)).list());
  }

  @Override
  public List<Notice> notices(String channel, int most) {
    return read(
        "read what the receiver " + channel + " of alerts is to be told",
        handle ->
            handle
                .createQuery(NOTICES)
                .bind("channel", channel)
                .bind("most", most)
                .map(
                    (row, context) -> new Notice(row.getLong("notice_id"), change(row, alert(row))))
                .list());
  }

  @Override
  public boolean told(Notice notice) {
    return write(
        "remove a notice of the alert " + notice.change().alert().metric(),
        handle -> handle.createUpdate(TOLD).bind("id", notice.id()).execute() == 1);
  }

  @Override
  public int forget(Duration age) {
    return write(
        "remove notices of alerts older than " + age,
        handle -> handle.createUpdate(FORGET).bind("age", age.toNanos() / 1_000).execute());
  }

  @Override
  public List<XminHolder> xminHolders() {
    return read(
        "ask what holds vacuum back",
        handle ->
            handle
                .createQuery(XMIN_HOLDERS)
                .map(
                    (row, context) ->
                        new XminHolder(
                            XminHolderKind.valueOf(row.getString("kind").toUpperCase(Locale.ROOT)),
                            row.getString("holder"),
                            row.getLong("xmin_age"),
                            row.getObject("since") == null
                                ? Optional.<Instant>empty()
                                : Optional.of(SqlTime.get(row, "since")),
                            row.getString("detail"),
                            row.getString("remedy")))
                .list());
  }

  private static Alert alert(ResultSet row) throws SQLException {
    String level = row.getString("level");
    return new Alert(
        row.getString("metric_name"),
        level == null ? Level.UNKNOWN : Level.valueOf(level),
        number(row, "current_value"),
        number(row, "threshold_value"),
        row.getString("message"),
        row.getString("advice"),
        SqlTime.get(row, "began_at"),
        SqlTime.get(row, "measured_at"));
  }

  private static AlertChange change(ResultSet row, Alert alert) throws SQLException {
    return new AlertChange(
        Change.valueOf(row.getString("change")),
        alert,
        Optional.ofNullable(row.getString("level_before")).map(Level::valueOf));
  }

  /** Returns a number that may be null. */
  static OptionalDouble number(ResultSet row, String column) throws SQLException {
    double value = row.getDouble(column);
    return row.wasNull() ? OptionalDouble.empty() : OptionalDouble.of(value);
  }

  private <T> T read(String what, Function<Handle, T> work) {
    return MissingSet.named("monitoring", what, () -> statements.read(what, work));
  }

  private <T> T write(String what, Function<Handle, T> work) {
    return MissingSet.named("monitoring", what, () -> statements.write(what, work));
  }
}

package io.mistersmith.persistence.testkit.memory;

import io.mistersmith.persistence.operations.Alerts.Alert;
import io.mistersmith.persistence.operations.Alerts.AlertChange;
import io.mistersmith.persistence.operations.Alerts.Measurement;
import io.mistersmith.persistence.operations.Alerts.XminHolder;
import io.mistersmith.persistence.spi.sql.AlertStore;
import io.mistersmith.persistence.spi.sql.AlertThreshold;
import io.mistersmith.persistence.spi.sql.AlertThreshold.Finding;
import io.mistersmith.persistence.spi.sql.AlertThreshold.Scope;
import io.mistersmith.persistence.testkit.memory.AlertTables.NoticeRow;
import io.mistersmith.persistence.testkit.memory.AlertTables.State;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.Set;
import java.util.function.Function;

/**
 * The thresholds of alerts, in memory. There are none until a test puts some. Measures {@code
 * dead_letters_open} and {@code sagas_stopped}; the values of all others cannot be had.
 */
final class MemoryAlertStore implements AlertStore {

  private static final String SET = "monitoring";

  private final Session session;

  MemoryAlertStore(Session session) {
    this.session = session;
  }

  @Override
  public boolean isInstalled() {
    return session.call(tables -> tables.hasSet(SET));
  }

  @Override
  public List<AlertThreshold> thresholds() {
    return call("read the thresholds of alerts", tables -> tables.thresholds.all().toList());
  }

  @Override
  public List<ServiceLevel> serviceLevels() {
    return call("read the service levels", tables -> List.of());
  }

  @Override
  public void put(AlertThreshold threshold) {
    AlertThreshold unused =
        call(
            "put the threshold of " + threshold.metric(),
            tables -> {
              tables.thresholds.put(threshold.metric(), threshold);
              return threshold;
            });
  }

  @Override
  public boolean remove(String metric) {
    return call("remove the threshold of " + metric, tables -> tables.thresholds.remove(metric));
  }

  @Override
  public Checked check(Set<String> channels) {
    Instant now = session.now();
    return call(
        "check the thresholds of alerts",
        tables -> {
          List<Measurement> values = new ArrayList<>();
          List<AlertChange> changes = new ArrayList<>(endUnchecked(tables, channels, now));
          tables
              .thresholds
              .all()
              .filter(threshold -> isChecked(threshold) && isDue(tables, threshold, now))
              .toList()
              .forEach(
                  threshold -> {
                    OptionalDouble value = measure(tables, threshold.metric());
                    value.ifPresent(it -> values.add(new Measurement(threshold.metric(), it, now)));
                    judge(tables, threshold, value, now)
                        .ifPresent(
                            change -> {
                              note(tables, threshold.channels(), channels, change);
                              changes.add(change);
                            });
                  });
          return new Checked(values, changes);
        });
  }

  private static List<AlertChange> endUnchecked(Tables tables, Set<String> channels, Instant now) {
    List<AlertChange> ended = new ArrayList<>();
    tables
        .alertStates
        .all()
        .toList()
        .forEach(
            state -> {
              Optional<AlertThreshold> threshold = tables.thresholds.find(state.metric());
              if (threshold.filter(MemoryAlertStore::isChecked).isPresent()) {
                return;
              }
              boolean unused = tables.alertStates.remove(state.metric());
              state
                  .alert()
                  .map(alert -> AlertThreshold.end(alert, now))
                  .ifPresent(
                      change -> {
                        note(
                            tables,
                            threshold.map(AlertThreshold::channels).orElse(List.of()),
                            channels,
                            change);
                        ended.add(change);
                      });
            });
    return ended;
  }

  private static boolean isChecked(AlertThreshold threshold) {
    return threshold.enabled() && threshold.scope() == Scope.INSTALLATION;
  }

  private static boolean isDue(Tables tables, AlertThreshold threshold, Instant now) {
    Duration interval = threshold.checkInterval();
    return tables
        .alertStates
        .find(threshold.metric())
        .filter(
            state -> state.checkedAt().plus(interval.dividedBy(10).multipliedBy(9)).isAfter(now))
        .isEmpty();
  }

  private static OptionalDouble measure(Tables tables, String metric) {
    return switch (metric) {
      case "dead_letters_open" -> OptionalDouble.of((double) tables.deadLetters.all().count());
      case "sagas_stopped" ->
          OptionalDouble.of(
              (double)
                  tables.sagas.runs.all().filter(row -> row.run().state().isStopped()).count());
      default -> OptionalDouble.empty();
    };
  }

  private static Optional<AlertChange> judge(
      Tables tables, AlertThreshold threshold, OptionalDouble value, Instant now) {
    String metric = threshold.metric();
    String message =
        value.isPresent()
            ? metric + " is " + value.getAsDouble()
            : metric + " is not known: nothing here measures a metric of this name";
    Optional<Finding> finding =
        threshold.find(tables.alertStates.find(metric).flatMap(State::alert), value, message, now);
    tables.alertStates.put(
        metric, new State(metric, now, finding.filter(Finding::isOpen).map(Finding::alert)));
    return finding.flatMap(Finding::change);
  }

  private static void note(
      Tables tables, List<String> named, Collection<String> all, AlertChange change) {
    (named.isEmpty() ? all : named)
        .forEach(
            channel -> {
              long id = tables.nextNoticeNumber();
              tables.alertNotices.put(id, new NoticeRow(channel, new Notice(id, change)));
            });
  }

  @Override
  public List<Alert> open() {
    return call(
        "read the open alerts",
        tables -> tables.alertStates.all().flatMap(state -> state.alert().stream()).toList());
  }

  @Override
  public List<Notice> notices(String channel, int most) {
    return call(
        "read what the receiver " + channel + " of alerts is to be told",
        tables ->
            tables
                .alertNotices
                .all()
                .filter(row -> row.channel().equals(channel))
                .map(NoticeRow::notice)
                .limit(most)
                .toList());
  }

  @Override
  public boolean told(Notice notice) {
    return call(
        "remove a notice of the alert " + notice.change().alert().metric(),
        tables -> tables.alertNotices.remove(notice.id()));
  }

  @Override
  public int forget(Duration age) {
    Instant oldest = session.now().minus(age);
    return call(
        "remove notices of alerts older than " + age,
        tables ->
            tables.alertNotices.removeIf(
                row -> row.notice().change().alert().at().isBefore(oldest)));
  }

  @Override
  public List<XminHolder> xminHolders() {
    return call("ask what holds vacuum back", tables -> List.of());
  }

  private <T> T call(String what, Function<Tables, T> statement) {
    return session.call(
        tables -> {
          tables.requireSet(SET, what);
          return statement.apply(tables);
        });
  }
}

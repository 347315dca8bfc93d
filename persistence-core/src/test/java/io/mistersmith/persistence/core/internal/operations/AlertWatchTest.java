package io.mistersmith.persistence.core.internal.operations;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.mistersmith.persistence.config.MonitoringConfig;
import io.mistersmith.persistence.config.PersistenceConfig;
import io.mistersmith.persistence.core.internal.base.Services;
import io.mistersmith.persistence.core.internal.operations.Figure.Reading;
import io.mistersmith.persistence.event.MonitoringEvent.AlertChanged;
import io.mistersmith.persistence.event.PersistenceListener;
import io.mistersmith.persistence.operations.AlertSink;
import io.mistersmith.persistence.operations.Alerts.Alert;
import io.mistersmith.persistence.operations.Alerts.AlertChange;
import io.mistersmith.persistence.operations.Alerts.Level;
import io.mistersmith.persistence.operations.Alerts.Measurement;
import io.mistersmith.persistence.spi.Stores;
import io.mistersmith.persistence.spi.sql.AlertStore;
import io.mistersmith.persistence.spi.sql.AlertThreshold;
import io.mistersmith.persistence.spi.sql.AlertThreshold.Scope;
import io.mistersmith.persistence.spi.sql.AlertThreshold.Text;
import io.mistersmith.persistence.testkit.memory.InMemoryStores;
import io.mistersmith.persistence.testkit.time.ManualClock;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Which receivers get which changes of alerts, and how often. */
class AlertWatchTest {

  private static final Duration SOON = Duration.ofSeconds(60);
  private static final Duration INTERVAL = Duration.ofSeconds(30);
  private static final String OWN = "breakers_open";
  private static final String SHARED = "dead_letters_open";

  private final ManualClock clock = ManualClock.create();
  private final InMemoryStores memory = new InMemoryStores();
  private final Stores stores = memory.open(PersistenceConfig.inMemory().clock(clock).build());
  private final Services services = new Services(PersistenceListener.NOOP);
  private final List<AlertChange> events = new CopyOnWriteArrayList<>();
  private final List<AlertChange> mail = new CopyOnWriteArrayList<>();
  private volatile Reading reading = Reading.of(0, "all are closed");

  AlertWatchTest() {
    memory.migrate("monitoring");
  }

  @AfterEach
  void close() {
    assertThat(services.close(Duration.ofSeconds(5))).isTrue();
    stores.close();
  }

  private AlertStore store() {
    return stores.sql().alerts();
  }

  private AlertWatch watch(Map<String, AlertSink> sinks) {
    MonitoringConfig.Builder config = MonitoringConfig.builder();
    sinks.forEach(config::sink);
    AlertWatch watch =
        new AlertWatch(
            store(),
            "runtime-1",
            Map.of(OWN, () -> reading),
            config.build(),
            PersistenceListener.of(AlertChanged.class, event -> events.add(event.change())),
            services,
            clock);
    watch.start();
    return watch;
  }

  private void threshold(String metric, Scope scope, double warning, double critical) {
    threshold(metric, scope, warning, critical, List.of());
  }

  private void threshold(
      String metric, Scope scope, double warning, double critical, List<String> channels) {
    store()
        .put(
            new AlertThreshold(
                metric,
                OptionalDouble.of(warning),
                OptionalDouble.of(critical),
                false,
                INTERVAL,
                true,
                channels,
                scope,
                "",
                true,
                new Text("", "Do it.", Optional.empty(), Duration.ZERO)));
  }

  private static void run(AlertWatch watch) {
    assertThat(watch.job().run()).isPresent();
  }

  private void turn(AlertWatch watch) {
    clock.advance(INTERVAL);
    watch.turn();
  }

  private static List<String> told(List<AlertChange> changes) {
    return changes.stream()
        .map(
            change ->
                change.change() + " " + change.alert().metric() + " " + change.alert().level())
        .toList();
  }

  @Test
  void eachChangeIsToldOnce() {
    threshold(SHARED, Scope.INSTALLATION, 0, 1);
    AlertWatch watch = watch(Map.of("mail", mail::add));

    run(watch);
    clock.advance(INTERVAL);
    run(watch);
    threshold(SHARED, Scope.INSTALLATION, 1, 1);
    clock.advance(INTERVAL);
    run(watch);

    List<String> expected =
        List.of("BEGAN dead_letters_open WARNING", "ENDED dead_letters_open WARNING");
    assertThat(told(events)).isEqualTo(expected);
    await().atMost(SOON).until(() -> told(mail).equals(expected));
    assertThat(store().notices("mail", 9)).isEmpty();
  }

  @Test
  void aRuntimeChecksItsOwnFiguresAlsoWhilePostgresqlIsAway() {
    threshold(OWN, Scope.RUNTIME, 1, 2);
    AlertWatch watch = watch(Map.of("mail", mail::add));
    turn(watch);
    memory.sqlOutage(true);

    reading = Reading.of(1, "nats/AGENT_STATE");
    turn(watch);
    turn(watch);
    reading = Reading.of(2, "nats/AGENT_STATE, postgresql/PRIMARY");
    turn(watch);
    reading = Reading.of(0, "all are closed");
    turn(watch);

    List<String> expected =
        List.of(
            "BEGAN breakers_open WARNING",
            "WORSENED breakers_open CRITICAL",
            "ENDED breakers_open CRITICAL");
    assertThat(told(events)).isEqualTo(expected);
    assertThat(events.get(0).alert().message())
        .isEqualTo("breakers_open of runtime runtime-1 is 1: nats/AGENT_STATE");
    await().atMost(SOON).until(() -> told(mail).equals(expected));
    memory.sqlOutage(false);
  }

  @Test
  void aReceiverThatThrowsHoldsUpNoOtherAndIsToldAgain() {
    AtomicBoolean broken = new AtomicBoolean(true);
    List<AlertChange> pager = new CopyOnWriteArrayList<>();
    List<AlertChange> refused = new CopyOnWriteArrayList<>();
    threshold(SHARED, Scope.INSTALLATION, 0, 1);
    threshold(OWN, Scope.RUNTIME, 0, 1);
    AlertWatch watch =
        watch(
            Map.of(
                "mail",
                mail::add,
                "pager",
                change -> {
                  if (broken.get()) {
                    refused.add(change);
                    throw new IllegalStateException("the pager is out of order");
                  }
                  pager.add(change);
                }));
    turn(watch);
    run(watch);
    await().atMost(SOON).until(() -> mail.size() == 2 && !refused.isEmpty());

    broken.set(false);
    run(watch);

    await().atMost(SOON).until(() -> pager.size() == 2);
    assertThat(told(pager))
        .containsExactlyInAnyOrder(
            "BEGAN breakers_open WARNING", "BEGAN dead_letters_open WARNING");
    assertThat(told(mail)).containsExactlyInAnyOrderElementsOf(told(pager));
  }

  @Test
  void aReceiverThatHangsHoldsUpNoOther() throws InterruptedException {
    CountDownLatch end = new CountDownLatch(1);
    threshold(SHARED, Scope.INSTALLATION, 0, 1);
    AlertWatch watch =
        watch(
            Map.of(
                "hung",
                change -> {
                  try {
                    assertThat(end.await(60, TimeUnit.SECONDS)).isTrue();
                  } catch (InterruptedException e) {
                    throw new IllegalStateException(e);
                  }
                },
                "mail",
                mail::add));
    run(watch);
    await().atMost(SOON).until(() -> mail.size() == 1);
    end.countDown();
    await().atMost(SOON).until(() -> store().notices("hung", 9).isEmpty());
  }

  @Test
  void onlyTheNamedReceiversAreTold() {
    List<AlertChange> desk = new CopyOnWriteArrayList<>();
    threshold(SHARED, Scope.INSTALLATION, 0, 1, List.of("desk"));
    threshold(OWN, Scope.RUNTIME, 0, 1, List.of("desk"));
    AlertWatch watch = watch(Map.of("desk", desk::add, "mail", mail::add));
    turn(watch);
    run(watch);
    await().atMost(SOON).until(() -> desk.size() == 2);
    assertThat(mail).isEmpty();
  }

  @Test
  void theNextRuntimeNeitherTellsAgainNorForgets() {
    threshold(SHARED, Scope.INSTALLATION, 0, 1);
    AlertWatch first = watch(Map.of());
    run(first);
    assertThat(told(events)).hasSize(1);
    threshold(SHARED, Scope.INSTALLATION, 0, 0, List.of("mail"));
    clock.advance(INTERVAL);
    run(first);

    AlertWatch second = watch(Map.of("mail", mail::add));
    clock.advance(INTERVAL);
    run(second);

    await().atMost(SOON).until(() -> mail.size() == 1);
    assertThat(told(mail)).containsExactly("WORSENED dead_letters_open CRITICAL");
    assertThat(told(events)).hasSize(2);
    assertThat(second.open()).extracting(Alert::metric).containsExactly(SHARED);
  }

  @Test
  void openAlertsAreListedTheWorstFirst() {
    threshold(SHARED, Scope.INSTALLATION, 0, 1);
    threshold("moon_phase", Scope.INSTALLATION, 0, 1);
    threshold(OWN, Scope.RUNTIME, 1, 2);
    reading = Reading.of(2, "two");
    AlertWatch watch = watch(Map.of());
    turn(watch);
    run(watch);

    assertThat(watch.open())
        .extracting(Alert::level)
        .containsExactly(Level.CRITICAL, Level.WARNING, Level.UNKNOWN);
    assertThat(watch.measured()).extracting(Measurement::metric).containsExactly(OWN, SHARED);
  }

  @Test
  void anOldValueIsNotAMeasurement() {
    threshold(OWN, Scope.RUNTIME, 1, 2);
    AlertWatch watch = watch(Map.of());
    turn(watch);
    assertThat(watch.measured()).hasSize(1);
    clock.advance(INTERVAL.multipliedBy(3));
    assertThat(watch.measured()).hasSize(1);
    clock.advance(Duration.ofSeconds(1));
    assertThat(watch.measured()).isEmpty();
  }

  @Test
  void anAlertOfARuntimeEndsWithItsThreshold() {
    threshold(OWN, Scope.RUNTIME, 0, 1);
    AlertWatch watch = watch(Map.of());
    turn(watch);
    assertThat(store().remove(OWN)).isTrue();
    clock.advance(Duration.ofMinutes(1));
    turn(watch);
    assertThat(told(events))
        .containsExactly("BEGAN breakers_open WARNING", "ENDED breakers_open WARNING");
    assertThat(watch.open()).isEmpty();
  }

  @Test
  void aFigureThatCannotBeHadIsUnknownWithItsReason() {
    threshold("tide", Scope.RUNTIME, 0, 1);
    AlertWatch watch = watch(Map.of());
    turn(watch);
    assertThat(events)
        .singleElement()
        .satisfies(
            began -> {
              assertThat(began.alert().level()).isEqualTo(Level.UNKNOWN);
              assertThat(began.alert().message()).contains("measures no metric of this name");
            });
  }

  @Test
  void withoutTheSetThereIsNothingToDo() {
    InMemoryStores plain = new InMemoryStores();
    try (Stores without = plain.open(PersistenceConfig.inMemory().clock(clock).build())) {
      AlertWatch watch =
          new AlertWatch(
              without.sql().alerts(),
              "runtime-1",
              Map.of(),
              MonitoringConfig.defaults(),
              PersistenceListener.NOOP,
              services,
              clock);
      watch.turn();
      assertThat(watch.job().run()).isEmpty();
      assertThat(watch.open()).isEmpty();
      assertThat(watch.xminHolders()).isEmpty();
    }
  }
}

package io.mistersmith.persistence.core.fault;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.mistersmith.persistence.core.fault.table.Counts;
import io.mistersmith.persistence.operations.Alerts.Alert;
import io.mistersmith.persistence.operations.Alerts.AlertChange;
import io.mistersmith.persistence.operations.Alerts.Change;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Each fault causes its alerts and no others, and they end after its repair. A receiver of a
 * runtime under load gets each change.
 */
@Tag("fault")
@Tag("full")
@Tag("alerts")
class AlertDrillIT {

  private static final Duration BEGINS = Duration.ofSeconds(90);

  /** Some figures are of the last two minutes. */
  private static final Duration ENDS = Duration.ofMinutes(4);

  private static final Duration CHECKS = Duration.ofSeconds(1);

  private static FaultServers servers;

  @BeforeAll
  static void start() {
    servers = FaultServers.start();
  }

  @AfterAll
  static void stop() {
    servers.close();
  }

  /** In each build a few that are quick; in the table all. */
  static Stream<AlertFault> faults() {
    return Repetitions.of(1, 0) == 1
        ? Arrays.stream(AlertFault.values())
        : Stream.of(AlertFault.LONG_TRANSACTION, AlertFault.ENTRY_REFUSED, AlertFault.RELAY_PAUSED);
  }

  @ParameterizedTest
  @MethodSource("faults")
  void aFaultFiresItsAlertsAndTheyEnd(AlertFault fault) {
    Installation installation = servers.installation(servers.nats().url(), "monitoring", "events");
    try (AlertScene scene = new AlertScene(servers, installation)) {
      await().atMost(BEGINS).until(scene::isWatched);
      scene.check();
      assertThat(scene.told()).as("told before the fault").isEmpty();

      long began = System.nanoTime();
      fault.inject(scene);
      Set<String> fired;
      long told;
      try {
        await()
            .atMost(BEGINS)
            .pollInterval(CHECKS)
            .untilAsserted(
                () -> {
                  scene.check();
                  assertThat(metrics(scene, Change.BEGAN)).containsAll(fault.alerts());
                });
        told = System.nanoTime() - began;
      } finally {
        fault.end(scene);
      }
      long repaired = System.nanoTime();
      await()
          .atMost(ENDS)
          .pollInterval(CHECKS)
          .untilAsserted(
              () -> {
                scene.check();
                assertThat(scene.persistence().operations().alerts().open())
                    .extracting(Alert::message)
                    .isEmpty();
                assertThat(metrics(scene, Change.ENDED)).isEqualTo(metrics(scene, Change.BEGAN));
              });
      fired = metrics(scene, Change.BEGAN);
      Counts.report(
          "%s fired=%s expected=%s told_ms=%d ended_ms=%d"
              .formatted(
                  fault,
                  fired,
                  new TreeSet<>(fault.alerts()),
                  told / 1_000_000,
                  (System.nanoTime() - repaired) / 1_000_000));
      assertThat(fired)
          .as("alerts of %s: %s", fault, scene.told())
          .containsAll(fault.alerts())
          .isSubsetOf(Stream.of(fault.alerts(), fault.also()).flatMap(Set::stream).toList());
      assertThat(scene.told())
          .extracting(AlertChange::alert)
          .allSatisfy(alert -> assertThat(alert.advice()).isNotBlank());
    }
  }

  private static Set<String> metrics(AlertScene scene, Change change) {
    Set<String> metrics = new TreeSet<>();
    List<AlertChange> told = scene.told();
    told.stream()
        .filter(it -> it.change() == change)
        .forEach(it -> metrics.add(it.alert().metric()));
    return metrics;
  }
}

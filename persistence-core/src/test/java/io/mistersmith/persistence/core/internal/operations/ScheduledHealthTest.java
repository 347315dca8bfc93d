package io.mistersmith.persistence.core.internal.operations;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.mistersmith.persistence.core.internal.base.ManualTicker;
import io.mistersmith.persistence.core.internal.base.ServiceHealth;
import io.mistersmith.persistence.core.internal.base.Services;
import io.mistersmith.persistence.event.MonitoringEvent.HealthChecked;
import io.mistersmith.persistence.event.PersistenceListener;
import io.mistersmith.persistence.operations.Health;
import io.mistersmith.persistence.operations.Health.Component;
import io.mistersmith.persistence.operations.Health.Report;
import io.mistersmith.persistence.operations.Health.Status;
import io.mistersmith.persistence.testkit.time.ManualClock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Supplier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Checks that hang and fail, and reports that grow old. */
class ScheduledHealthTest {

  private static final Duration INTERVAL = Duration.ofSeconds(30);

  private final ManualTicker ticker = new ManualTicker();
  private final Services services =
      new Services(new ServiceHealth(PersistenceListener.NOOP), ticker);
  private final List<HealthChecked> heard = new ArrayList<>();
  private final List<ScheduledHealth> opened = new ArrayList<>();

  private record Check(String name, Supplier<Status> status) implements ComponentCheck {
    @Override
    public List<Component> check() {
      return List.of(new Component(name, status.get(), Optional.empty(), "as the test says"));
    }
  }

  private ScheduledHealth health(ComponentCheck... checks) {
    ScheduledHealth health =
        new ScheduledHealth(
            Arrays.stream(checks).map(CheckGroup::new).toList(),
            INTERVAL,
            PersistenceListener.of(HealthChecked.class, heard::add),
            ManualClock.create(),
            ticker,
            services);
    opened.add(health);
    return health;
  }

  @AfterEach
  void close() {
    opened.forEach(health -> health.close(Duration.ofSeconds(5)));
  }

  private static Component component(Report report, String name) {
    return report.component(name).orElseThrow();
  }

  @Test
  void theWorstComponentDecidesAndIsFirst() {
    Report report =
        health(
                new Check("a", () -> Status.HEALTHY),
                new Check("b", () -> Status.UNHEALTHY),
                new Check("c", () -> Status.DEGRADED))
            .check();
    assertThat(report.status()).isEqualTo(Status.UNHEALTHY);
    assertThat(report.components())
        .extracting(Component::name)
        .containsExactly("b", "c", "a", Health.CHECKS);
    assertThat(heard)
        .singleElement()
        .satisfies(event -> assertThat(event.before()).isEqualTo(Status.HEALTHY));
  }

  @Test
  void oneThatHangsHoldsUpNoOtherAndIsNotBegunAgain() {
    CountDownLatch released = new CountDownLatch(1);
    AtomicInteger begun = new AtomicInteger();
    Check hanging =
        new Check(
            "hanging",
            () -> {
              begun.incrementAndGet();
              try {
                released.await();
              } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
              }
              return Status.HEALTHY;
            });
    ScheduledHealth health = health(hanging, new Check("other", () -> Status.HEALTHY));

    Report report = health.check();
    assertThat(component(report, "hanging").reason()).contains("no answer in time");
    assertThat(component(report, "hanging").status()).isEqualTo(Status.DEGRADED);
    assertThat(component(report, "other").status()).isEqualTo(Status.HEALTHY);
    Report second = health.check();
    assertThat(component(second, "hanging").status()).isEqualTo(Status.DEGRADED);
    assertThat(begun).hasValue(1);

    released.countDown();
    await()
        .atMost(Duration.ofSeconds(30))
        .until(() -> component(health.check(), "hanging").status() == Status.HEALTHY);
  }

  @Test
  void whatACheckThrowsIsAReason() {
    Report report =
        health(
                new Check(
                    "broken",
                    () -> {
                      throw new AssertionError("of the test");
                    }))
            .check();
    assertThat(component(report, "broken").reason()).contains("of the test");
  }

  @Test
  void checksOfWhichOneInTwentyFailsAreWellAndOfWhichTwoFailAreNot() {
    AtomicInteger rounds = new AtomicInteger();
    AtomicInteger failures = new AtomicInteger();
    ScheduledHealth health =
        health(
            new Check(
                "now and then",
                () -> {
                  if (rounds.incrementAndGet() > 20 - failures.get()) {
                    throw new IllegalStateException("of the test");
                  }
                  return Status.HEALTHY;
                }));
    failures.set(1);
    for (int i = 0; i < 20; i++) {
      health.check();
    }
    assertThat(component(health.latest(), Health.CHECKS).status()).isEqualTo(Status.HEALTHY);
    Report next = health.check();
    assertThat(component(next, Health.CHECKS).status()).isEqualTo(Status.DEGRADED);
    assertThat(component(next, Health.CHECKS).reason()).contains("now and then 18 of 20");
  }

  @Test
  void aReportThatIsTooOldSaysSo() {
    ScheduledHealth health = health(new Check("a", () -> Status.HEALTHY));
    assertThat(health.latest().status()).isEqualTo(Status.HEALTHY);
    Report report = health.check();
    ticker.move(INTERVAL.multipliedBy(3));
    assertThat(health.latest()).isSameAs(report);

    ticker.move(Duration.ofSeconds(6));
    assertThat(component(health.latest(), Health.CHECKS).status()).isEqualTo(Status.UNHEALTHY);
    assertThat(component(health.latest(), Health.CHECKS).reason()).contains("96 s");
    assertThat(component(health.latest(), "a").status()).isEqualTo(Status.HEALTHY);
    assertThat(health.latest().at()).isEqualTo(report.at());
    assertThat(health.check().status()).isEqualTo(Status.HEALTHY);
  }

  @Test
  void checksAreMadeInTheBackground() {
    AtomicInteger rounds = new AtomicInteger();
    ScheduledHealth health =
        health(
            new Check(
                "a",
                () -> {
                  rounds.incrementAndGet();
                  return Status.HEALTHY;
                }));
    health.start();
    ticker.advance(services, Duration.ofSeconds(95), Duration.ofSeconds(1));
    assertThat(rounds.get()).as("after 2, 32, 62 and 92 seconds").isBetween(3, 5);
  }

  @Test
  void aClosedOneStillAnswers() {
    ScheduledHealth health = health(new Check("a", () -> Status.HEALTHY));
    Report report = health.check();
    health.close(Duration.ofSeconds(5));
    assertThat(health.check()).isSameAs(report);
    assertThat(health.latest()).isSameAs(report);
  }
}

package io.mistersmith.persistence.core;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.tuple;
import static org.awaitility.Awaitility.await;

import io.mistersmith.persistence.Persistence;
import io.mistersmith.persistence.config.MonitoringConfig;
import io.mistersmith.persistence.config.PersistenceConfig;
import io.mistersmith.persistence.error.DataError;
import io.mistersmith.persistence.error.NonTransientPersistenceException;
import io.mistersmith.persistence.operations.Upkeep;
import io.mistersmith.persistence.operations.Upkeep.Job;
import io.mistersmith.persistence.operations.Upkeep.Outcome;
import io.mistersmith.persistence.operations.Upkeep.Run;
import io.mistersmith.persistence.task.NewTask;
import io.mistersmith.persistence.testkit.memory.InMemoryStores;
import io.mistersmith.persistence.testkit.time.ManualClock;
import java.time.Duration;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/** The view of the jobs, and the jobs of the core set, in an engine over stores in memory. */
class UpkeepTest {

  private static final Duration SOON = Duration.ofSeconds(60);

  private final ManualClock clock = ManualClock.create();
  private final InMemoryStores stores = new InMemoryStores(clock);

  private Persistence open(MonitoringConfig monitoring) {
    return Persistence.open(
        PersistenceConfig.inMemory().clock(clock).monitoring(monitoring).build(), stores);
  }

  @Test
  void jobsAreListedWithTheirLastRuns() {
    MonitoringConfig config = MonitoringConfig.builder().switchOff("purge_audit").build();
    try (Persistence persistence = open(config)) {
      Upkeep upkeep = persistence.operations().upkeep();
      assertThat(upkeep.jobs())
          .extracting(Job::name)
          .contains(
              "archive_tasks",
              "capacity",
              "capture_slow_statements",
              "expire_sessions",
              "purge_audit",
              "recommend_indexes",
              "retention",
              "sample_database")
          .isSorted();
      assertThat(upkeep.jobs())
          .allSatisfy(
              job -> assertThat(job.enabled()).isEqualTo(!job.name().equals("purge_audit")));

      Run skipped = upkeep.run("capacity");
      assertThat(skipped.outcome()).isEqualTo(Outcome.SKIPPED);
      assertThat(skipped.detail()).contains("set of migrations monitoring");
      assertThat(upkeep.runs("capacity", 9)).containsExactly(skipped);

      stores.migrate("monitoring");
      assertThat(upkeep.run("capacity").outcome()).isEqualTo(Outcome.DONE);
      assertThat(upkeep.runs("capacity", 9)).extracting(Run::outcome).containsExactly(Outcome.DONE);
    }
  }

  @Test
  void unknownJobsAreRefused() {
    MonitoringConfig config = MonitoringConfig.builder().switchOff("purge_audits").build();
    assertThatThrownBy(() -> open(config).close())
        .isInstanceOfSatisfying(
            NonTransientPersistenceException.class,
            e -> assertThat(e.error()).isEqualTo(DataError.MISCONFIGURED))
        .hasMessageContaining("purge_audits")
        .hasMessageContaining("purge_audit");
    try (Persistence persistence = open(MonitoringConfig.defaults())) {
      assertThatThrownBy(() -> persistence.operations().upkeep().run("none"))
          .isInstanceOf(IllegalArgumentException.class);
      assertThatThrownBy(() -> persistence.operations().upkeep().runs("none", 1))
          .isInstanceOf(IllegalArgumentException.class);
    }
  }

  @Test
  void jobsOfTheApplicationAreRunBesideTheOthersByOneRuntime() throws InterruptedException {
    CountDownLatch begun = new CountDownLatch(1);
    CountDownLatch over = new CountDownLatch(1);
    MonitoringConfig config =
        MonitoringConfig.builder()
            .job(
                "drill",
                "Restores the newest backup.",
                Duration.ofDays(30),
                () -> {
                  begun.countDown();
                  awaitUninterruptibly(over);
                  return "rto 12 s";
                })
            .build();
    stores.migrate("monitoring");
    try (Persistence persistence = open(config)) {
      Upkeep upkeep = persistence.operations().upkeep();
      assertThat(begun.await(60, TimeUnit.SECONDS)).isTrue();
      await().atMost(SOON).until(() -> !upkeep.runs("sample_database", 1).isEmpty());
      assertThat(upkeep.runs("drill", 1)).isEmpty();
      over.countDown();
      await().atMost(SOON).until(() -> !upkeep.runs("drill", 1).isEmpty());
      assertThat(upkeep.runs("drill", 1))
          .extracting(Run::outcome, Run::detail)
          .containsExactly(tuple(Outcome.DONE, "rto 12 s"));
    } finally {
      over.countDown();
    }
  }

  private static void awaitUninterruptibly(CountDownLatch latch) {
    try {
      assertThat(latch.await(60, TimeUnit.SECONDS)).isTrue();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException(e);
    }
  }

  @Test
  void aJobOfTheApplicationHasANameOfItsOwn() {
    MonitoringConfig config =
        MonitoringConfig.builder()
            .job("capacity", "Counts.", Duration.ofDays(1), () -> "counted")
            .build();
    assertThatThrownBy(() -> open(config).close())
        .isInstanceOf(NonTransientPersistenceException.class)
        .hasMessageContaining("capacity");
    assertThatThrownBy(
            () -> MonitoringConfig.builder().job("Drill!", "", Duration.ofDays(1), () -> ""))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("Drill!");
  }

  @Test
  void tasksThatEndedAWeekAgoAreArchived() {
    MonitoringConfig config = MonitoringConfig.builder().upkeep(false).build();
    try (Persistence persistence = open(config)) {
      UUID task = persistence.tasks().enqueue(NewTask.of("job", Map.of()));
      assertThat(persistence.tasks().cancel(task, "of the test")).isTrue();
      Upkeep upkeep = persistence.operations().upkeep();
      assertThat(upkeep.run("archive_tasks").detail()).startsWith("0 ");
      clock.advance(Duration.ofDays(8));
      assertThat(upkeep.run("archive_tasks").detail()).startsWith("1 ");
      assertThat(persistence.tasks().find(task)).isEmpty();
    }
  }
}

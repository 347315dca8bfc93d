package io.mistersmith.persistence.core.fault;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.mistersmith.persistence.Persistence;
import io.mistersmith.persistence.config.MonitoringConfig;
import io.mistersmith.persistence.operations.Health;
import io.mistersmith.persistence.operations.Health.Component;
import io.mistersmith.persistence.operations.Health.Report;
import io.mistersmith.persistence.operations.Health.Status;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Test;

/** The health while servers are killed and frozen. A probe is never answered by an exception. */
class HealthFaultsIT {

  private static final Duration SOON = Duration.ofSeconds(90);

  /** A round of checks has five seconds; what is more is for a loaded machine. */
  private static final Duration LONGEST = Duration.ofSeconds(10);

  enum Fault {
    POSTGRES_FROZEN("postgresql") {
      @Override
      void begin(FaultServers servers) {
        servers.postgres().pause();
      }

      @Override
      void end(FaultServers servers) {
        servers.postgres().resume();
      }
    },
    NATS_KILLED("jetstream_kv") {
      @Override
      void begin(FaultServers servers) {
        servers.nats().kill();
      }

      @Override
      void end(FaultServers servers) {
        servers.nats().restart();
      }
    },
    NATS_FROZEN("jetstream_kv") {
      @Override
      void begin(FaultServers servers) {
        servers.nats().pause();
      }

      @Override
      void end(FaultServers servers) {
        servers.nats().resume();
      }
    },
    POSTGRES_KILLED("postgresql") {
      @Override
      void begin(FaultServers servers) {
        servers.postgres().kill();
      }

      @Override
      void end(FaultServers servers) {
        servers.postgres().restart();
      }
    };

    private final String component;

    Fault(String component) {
      this.component = component;
    }

    abstract void begin(FaultServers servers);

    abstract void end(FaultServers servers);

    String other() {
      return component.equals("postgresql") ? "jetstream_kv" : "postgresql";
    }
  }

  @Test
  void eachServerIsReportedByItself() {
    List<Fault> faults = List.of(Fault.values()).subList(0, Repetitions.of(4, 2));
    try (FaultServers servers = FaultServers.start();
        Persistence persistence = open(servers);
        Probe probe = Probe.start(persistence.operations().health())) {
      Health health = persistence.operations().health();
      Report whole = health.check();
      assertThat(whole.components())
          .extracting(Component::name)
          .contains("connection_pools/primary", "migrations", "partitions", "backlog");
      assertThat(reason(whole, "migrations")).isEqualTo("the schema is that of this library");
      assertThat(reason(whole, "partitions")).contains("messages.log", "tasks.archive");
      long noticed = 0;
      for (Fault fault : faults) {
        awaitStatus(health, fault.component, Status.HEALTHY);
        long began = System.nanoTime();
        fault.begin(servers);
        awaitStatus(health, fault.component, Status.UNHEALTHY);
        noticed = Math.max(noticed, System.nanoTime() - began);
        assertThat(status(health.latest(), fault.other()))
            .as(fault.name())
            .isEqualTo(Status.HEALTHY);
        assertThat(reason(health.latest(), fault.component)).contains("start");
        long asked = System.nanoTime();
        assertThat(health.check().status()).isEqualTo(Status.UNHEALTHY);
        assertThat(Duration.ofNanos(System.nanoTime() - asked)).isLessThan(LONGEST);
        fault.end(servers);
        awaitStatus(health, fault.component, Status.HEALTHY);
      }
      servers.report(
          "HealthFaults",
          "faults=%d noticed_after_ms_max=%d probes=%d slowest_probe_us=%d thrown=0"
              .formatted(
                  faults.size(), noticed / 1_000_000, probe.asked(), probe.slowestNanos() / 1_000));
    }
  }

  private static Persistence open(FaultServers servers) {
    Installation installation = servers.installation(servers.nats().url(), "monitoring", "events");
    return Persistence.open(
        installation.config().toBuilder()
            .monitoring(MonitoringConfig.builder().checkInterval(Duration.ofMillis(250)).build())
            .build());
  }

  private static void awaitStatus(Health health, String component, Status status) {
    await()
        .atMost(SOON)
        .pollInterval(Duration.ofMillis(20))
        .untilAsserted(
            () ->
                assertThat(status(health.latest(), component))
                    .as(() -> health.latest().toString())
                    .isEqualTo(status));
  }

  private static Status status(Report report, String component) {
    return report.component(component).map(Component::status).orElse(Status.DEGRADED);
  }

  private static String reason(Report report, String component) {
    return report.component(component).map(Component::reason).orElse("");
  }

  /** Asks all the time, as a probe does. */
  private static final class Probe implements AutoCloseable {

    private final AtomicLong asked = new AtomicLong();
    private final AtomicLong slowest = new AtomicLong();
    private final AtomicBoolean open = new AtomicBoolean(true);
    private volatile Optional<Throwable> thrown = Optional.empty();
    private final Thread thread;

    private Probe(Health health) {
      thread = new Thread(() -> ask(health), "fault-probe");
    }

    static Probe start(Health health) {
      Probe probe = new Probe(health);
      probe.thread.start();
      return probe;
    }

    private void ask(Health health) {
      try {
        while (open.get()) {
          long began = System.nanoTime();
          assertThat(health.latest().components()).isNotEmpty();
          slowest.accumulateAndGet(System.nanoTime() - began, Math::max);
          asked.incrementAndGet();
          LockSupport.parkNanos(5_000_000);
        }
      } catch (Throwable e) {
        thrown = Optional.of(e);
      }
    }

    long asked() {
      return asked.get();
    }

    long slowestNanos() {
      return slowest.get();
    }

    @Override
    public void close() {
      open.set(false);
      await().atMost(SOON).until(() -> !thread.isAlive());
      assertThat(thrown).isEmpty();
    }
  }
}

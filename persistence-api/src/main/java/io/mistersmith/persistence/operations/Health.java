package io.mistersmith.persistence.operations;

import java.time.Duration;
import java.time.Instant;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;

/**
 * The health of one runtime and of its servers.
 *
 * <p>A runtime checks itself two seconds after it was opened and then at {@code
 * monitoring.checkInterval}. What asks for the health gets the last report, so a probe every second
 * costs no query. Thread-safe.
 */
public interface Health {

  /** The name of the component that reports whether checks are made at all. */
  String CHECKS = "health_checks";

  /**
   * Returns the last report. Asks no server, does not wait, and does not throw. When the last check
   * is older than three intervals and five seconds, its {@link #CHECKS} component says so and is
   * {@link Status#UNHEALTHY}.
   */
  Report latest();

  /**
   * Checks everything now, and keeps the report as the last one. Each component has five seconds; a
   * server that does not answer makes its component {@link Status#UNHEALTHY}. Does not throw for
   * what is down.
   */
  Report check();

  /** How well a component works, from best to worst. */
  enum Status {
    /** It works as it should. */
    HEALTHY(0),
    /** It works, and an operator should look at it. */
    DEGRADED(1),
    /** It does not work. */
    UNHEALTHY(2);

    private final int level;

    Status(int level) {
      this.level = level;
    }

    /** Returns the number that stands for it in metrics: from 0, the higher the worse. */
    public int level() {
      return level;
    }

    /** Returns the worse one of the two. */
    public Status worse(Status other) {
      return compareTo(other) >= 0 ? this : other;
    }
  }

  /**
   * A part of the runtime or a server.
   *
   * @param name such as {@code postgresql}, {@code jetstream_kv} or {@code
   *     connection_pools/primary}
   * @param status how well it works
   * @param latency how long its server took to answer; empty where none was asked, or none answered
   * @param reason what was found, and unless it is healthy, what to do, in sentences
   */
  record Component(String name, Status status, Optional<Duration> latency, String reason) {}

  /**
   * What a check found.
   *
   * @param at when it was made, by this process's clock
   * @param components each component, the worst first
   */
  record Report(Instant at, List<Component> components) {

    /** Keeps a sorted copy. */
    public Report {
      components =
          components.stream()
              .sorted(
                  Comparator.comparing(Component::status).reversed().thenComparing(Component::name))
              .toList();
    }

    /** Returns the status of the worst component. */
    public Status status() {
      return components.isEmpty() ? Status.HEALTHY : components.get(0).status();
    }

    /** Returns the component of a name. */
    public Optional<Component> component(String name) {
      return components.stream().filter(component -> component.name().equals(name)).findFirst();
    }
  }
}

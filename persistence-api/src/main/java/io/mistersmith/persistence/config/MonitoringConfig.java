package io.mistersmith.persistence.config;

import io.mistersmith.persistence.event.CallObserver;
import io.mistersmith.persistence.operations.AlertSink;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Supplier;

/**
 * Says how often a runtime checks its health, which jobs of upkeep it takes part in, and who
 * receives alerts and observations. Immutable; {@link #builder} makes one and {@link #toBuilder} a
 * changed copy.
 */
public final class MonitoringConfig {

  private final Duration checkInterval;
  private final boolean upkeep;
  private final Set<String> switchedOff;
  private final Duration retention;
  private final Duration auditRetention;
  private final Map<String, AlertSink> sinks;
  private final CallObserver observer;
  private final List<Job> jobs;

  /**
   * Work of the application that the upkeep runs.
   *
   * @param name its name, in lower-case letters, digits and underscores
   * @param purpose what it is for, in a sentence
   * @param every how often it runs
   * @param work does it, and returns what was done, in a sentence; the run has failed when it
   *     throws
   */
  public record Job(String name, String purpose, Duration every, Supplier<String> work) {}

  private MonitoringConfig(Builder builder) {
    this.checkInterval = builder.checkInterval;
    this.upkeep = builder.upkeep;
    this.switchedOff = Set.copyOf(builder.switchedOff);
    this.retention = builder.retention;
    this.auditRetention = builder.auditRetention;
    this.sinks = Map.copyOf(builder.sinks);
    this.observer = builder.observer;
    this.jobs = List.copyOf(builder.jobs);
  }

  /** Returns the defaults. */
  public static MonitoringConfig defaults() {
    return builder().build();
  }

  /** Returns a builder with the defaults. */
  public static Builder builder() {
    return new Builder();
  }

  /** Returns a builder that starts from this configuration. */
  public Builder toBuilder() {
    return new Builder(this);
  }

  /** How often the health is checked (30 s). */
  public Duration checkInterval() {
    return checkInterval;
  }

  /** Whether this runtime takes part in the upkeep (true). */
  public boolean upkeep() {
    return upkeep;
  }

  /** The names of the jobs that this runtime does not run (none). */
  public Set<String> switchedOff() {
    return switchedOff;
  }

  /** How long samples, plans of statements, and runs of jobs are kept (30 days). */
  public Duration retention() {
    return retention;
  }

  /**
   * How long records of the audit log are kept, in full days (90 days). They go by the month, up to
   * a month later.
   */
  public Duration auditRetention() {
    return auditRetention;
  }

  /** The receivers of alerts, by the names that {@code notification_channels} lists (none). */
  public Map<String, AlertSink> sinks() {
    return sinks;
  }

  /** Observes the calls into the stores, for traces (none). */
  public CallObserver observer() {
    return observer;
  }

  /** The jobs of the application (none). */
  public List<Job> jobs() {
    return jobs;
  }

  /** Prints all settings, of receivers and jobs the names, and whether there is an observer. */
  @Override
  public String toString() {
    return Printed.of("MonitoringConfig")
        .with("checkInterval", checkInterval)
        .with("upkeep", upkeep)
        .with("switchedOff", new TreeSet<>(switchedOff))
        .with("retention", retention)
        .with("auditRetention", auditRetention)
        .with("sinks", new TreeSet<>(sinks.keySet()))
        .with("observed", observer != CallObserver.NOOP)
        .with("jobs", jobs.stream().map(Job::name).toList())
        .toString();
  }

  /** Collects a configuration, and checks each value as it is given. Not thread-safe. */
  public static final class Builder {

    private Duration checkInterval = Duration.ofSeconds(30);
    private boolean upkeep = true;
    private final Set<String> switchedOff = new TreeSet<>();
    private Duration retention = Duration.ofDays(30);
    private Duration auditRetention = Duration.ofDays(90);
    private final Map<String, AlertSink> sinks = new LinkedHashMap<>();
    private CallObserver observer = CallObserver.NOOP;
    private final List<Job> jobs = new ArrayList<>();

    private Builder() {}

    private Builder(MonitoringConfig config) {
      this.checkInterval = config.checkInterval;
      this.upkeep = config.upkeep;
      this.switchedOff.addAll(config.switchedOff);
      this.retention = config.retention;
      this.auditRetention = config.auditRetention;
      this.sinks.putAll(config.sinks);
      this.observer = config.observer;
      this.jobs.addAll(config.jobs);
    }

    /** See {@link MonitoringConfig#checkInterval()}. */
    public Builder checkInterval(Duration value) {
      Checks.positive("monitoring.checkInterval", value);
      this.checkInterval = value;
      return this;
    }

    /** See {@link MonitoringConfig#upkeep()}. */
    public Builder upkeep(boolean value) {
      this.upkeep = value;
      return this;
    }

    /**
     * Switches a job off in this runtime. An unknown name is refused when the runtime opens.
     *
     * @see io.mistersmith.persistence.operations.Upkeep#jobs()
     */
    public Builder switchOff(String job) {
      switchedOff.add(job);
      return this;
    }

    /** See {@link MonitoringConfig#retention()}. */
    public Builder retention(Duration value) {
      Checks.positive("monitoring.retention", value);
      this.retention = value;
      return this;
    }

    /** See {@link MonitoringConfig#auditRetention()}; at least a day. */
    public Builder auditRetention(Duration value) {
      Checks.that(
          value.compareTo(Duration.ofDays(1)) >= 0,
          "monitoring.auditRetention is " + value + "; give at least a day");
      this.auditRetention = value;
      return this;
    }

    /** Adds a receiver of alerts, or replaces the one of that name. */
    public Builder sink(String channel, AlertSink sink) {
      Checks.that(!channel.isBlank(), "monitoring.sink needs a name");
      sinks.put(channel, sink);
      return this;
    }

    /**
     * Adds a job of the application, such as a backup or a restore drill. One runtime of the
     * installation runs it, on a thread of its own; it may last. The run and its outcome are kept
     * as those of the other jobs. A name of the library's own jobs is refused when the runtime
     * opens.
     *
     * @see io.mistersmith.persistence.operations.Upkeep
     */
    public Builder job(String name, String purpose, Duration every, Supplier<String> work) {
      Checks.that(
          name.matches("[a-z][a-z0-9_]{0,62}"),
          "monitoring.job is named '"
              + name
              + "'; give 1 to 63 lower-case letters, digits and underscores");
      Checks.that(
          jobs.stream().noneMatch(job -> job.name().equals(name)),
          "monitoring.job names " + name + " twice");
      Checks.positive("monitoring.job." + name + ".every", every);
      jobs.add(new Job(name, purpose, every, work));
      return this;
    }

    /** See {@link MonitoringConfig#observer()}. */
    public Builder observer(CallObserver value) {
      this.observer = value;
      return this;
    }

    /** Returns the configuration. */
    public MonitoringConfig build() {
      return new MonitoringConfig(this);
    }
  }
}

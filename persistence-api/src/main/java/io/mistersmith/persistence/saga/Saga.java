package io.mistersmith.persistence.saga;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;

/**
 * The definition of a saga: steps that are done in order, all of them, or undone in reverse order.
 * Immutable.
 *
 * <p>A step may be the pivot: once it is done the saga is not undone any more, and the steps behind
 * it are repeated until they are done. They need no compensation.
 *
 * <p>A run keeps the name and the version of its definition, and the names of its steps. It is
 * carried on by runners that know this version alone. Give a definition a new version when its
 * steps change, and let runners know the old one too until its runs have ended. A definition whose
 * steps were changed under the same version is noticed: the run is stopped as {@code
 * DEFINITION_CHANGED} before anything is done by the wrong step.
 */
public final class Saga {

  /** The longest name, in characters. */
  public static final int MAX_NAME_LENGTH = 100;

  /** The most steps. */
  public static final int MAX_STEPS = 100;

  private final String name;
  private final int version;
  private final List<SagaStep> steps;
  private final Optional<Integer> pivot;
  private final Duration timeout;
  private final Duration compensationTimeout;

  private Saga(Builder builder) {
    this.name = builder.name;
    this.version = builder.version;
    this.steps = List.copyOf(builder.steps);
    this.pivot = builder.pivot;
    this.timeout = builder.timeout;
    this.compensationTimeout = builder.compensationTimeout;
  }

  /**
   * Begins a definition.
   *
   * @param name 1 to {@value #MAX_NAME_LENGTH} characters
   * @param version from 1
   */
  public static Builder builder(String name, int version) {
    return new Builder(name, version);
  }

  /** Returns the name. */
  public String name() {
    return name;
  }

  /** Returns the version. */
  public int version() {
    return version;
  }

  /** Returns the steps, in their order. */
  public List<SagaStep> steps() {
    return steps;
  }

  /** Returns the index of the step after which nothing is undone, from 0. */
  public Optional<Integer> pivot() {
    return pivot;
  }

  /**
   * Returns how long a run may take until its last step, or its pivot, is done. Then it is
   * compensated.
   */
  public Duration timeout() {
    return timeout;
  }

  /** Returns how long its compensation may take. Then the run is {@code COMPENSATION_FAILED}. */
  public Duration compensationTimeout() {
    return compensationTimeout;
  }

  @Override
  public String toString() {
    return "saga " + name + " version " + version;
  }

  /** Collects steps. Not thread-safe. */
  public static final class Builder {

    private final String name;
    private final int version;
    private final List<SagaStep> steps = new ArrayList<>();
    private Optional<Integer> pivot = Optional.empty();
    private Duration timeout = Duration.ofMinutes(5);
    private Duration compensationTimeout = Duration.ofMinutes(2);

    private Builder(String name, int version) {
      Objects.requireNonNull(name, "name");
      if (name.isEmpty() || name.length() > MAX_NAME_LENGTH || name.indexOf('\0') >= 0) {
        throw new IllegalArgumentException(
            "the name of a saga has 1 to " + MAX_NAME_LENGTH + " characters, none of them NUL");
      }
      if (version < 1) {
        throw new IllegalArgumentException(
            "saga " + name + ": version " + version + "; versions start at 1");
      }
      this.name = name;
      this.version = version;
    }

    /** Adds a step behind those that were added before. */
    public Builder step(SagaStep step) {
      if (steps.stream().anyMatch(other -> other.name().equals(step.name()))) {
        throw new IllegalArgumentException(
            "saga " + name + " has a step " + step.name() + " already");
      }
      if (steps.size() == MAX_STEPS) {
        throw new IllegalArgumentException("saga " + name + ": more than " + MAX_STEPS + " steps");
      }
      steps.add(step);
      return this;
    }

    /** Adds the step after which nothing is undone. */
    public Builder pivot(SagaStep step) {
      if (pivot.isPresent()) {
        throw new IllegalArgumentException("saga " + name + " has a pivot already");
      }
      Builder unused = step(step);
      pivot = Optional.of(steps.size() - 1);
      return this;
    }

    /** Sets the time for the whole; at first it is 5 minutes. */
    public Builder timeout(Duration most) {
      timeout = positive("timeout", most);
      return this;
    }

    /** Sets the time for the compensation; at first it is 2 minutes. */
    public Builder compensationTimeout(Duration most) {
      compensationTimeout = positive("compensation timeout", most);
      return this;
    }

    private Duration positive(String what, Duration most) {
      if (most.compareTo(Duration.ofMillis(1)) < 0) {
        throw new IllegalArgumentException(
            "saga " + name + ": the " + what + " is " + most + "; give it a millisecond or more");
      }
      return most;
    }

    /**
     * Returns the definition.
     *
     * @throws IllegalArgumentException when it has no steps, or a nested saga with a pivot stands
     *     before the pivot, where it might have to be undone
     */
    public Saga build() {
      if (steps.isEmpty()) {
        throw new IllegalArgumentException("saga " + name + " has no steps");
      }
      int undone = pivot.orElse(steps.size());
      for (SagaStep step : steps.subList(0, undone)) {
        if (step.action() instanceof SagaStep.Nested nested && nested.saga().pivot().isPresent()) {
          throw new IllegalArgumentException(
              "saga "
                  + name
                  + ", step "
                  + step.name()
                  + ": the nested saga has a pivot, so it cannot be undone; make the step the pivot"
                  + " or put it behind");
        }
      }
      return new Saga(this);
    }
  }
}

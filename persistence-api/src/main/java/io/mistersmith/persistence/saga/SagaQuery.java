package io.mistersmith.persistence.saga;

import java.util.Optional;
import java.util.UUID;

/**
 * Selects runs that meet every condition, in the order of their ids, a page at a time. Ids grow
 * with time.
 *
 * @param name the name of the definition
 * @param state the state
 * @param correlationId the correlation id
 * @param parent the run that they are nested in
 * @param after the last run of the page before; it need not exist any more
 * @param limit how many runs the page has at most
 */
public record SagaQuery(
    Optional<String> name,
    Optional<SagaRun.State> state,
    Optional<String> correlationId,
    Optional<UUID> parent,
    Optional<UUID> after,
    int limit) {

  /** The largest page. */
  public static final int MAX_LIMIT = 10_000;

  /** Checks the limit. */
  public SagaQuery {
    if (limit < 1 || limit > MAX_LIMIT) {
      throw new IllegalArgumentException(
          "a page of " + limit + " sagas: ask for 1 to " + MAX_LIMIT);
    }
  }

  /** Returns a query of all runs, in pages of 100. */
  public static SagaQuery all() {
    return new SagaQuery(
        Optional.empty(),
        Optional.empty(),
        Optional.empty(),
        Optional.empty(),
        Optional.empty(),
        100);
  }

  /** Returns a copy that selects runs of this definition alone. */
  public SagaQuery withName(String only) {
    return new SagaQuery(Optional.of(only), state, correlationId, parent, after, limit);
  }

  /** Returns a copy that selects runs in this state alone. */
  public SagaQuery withState(SagaRun.State only) {
    return new SagaQuery(name, Optional.of(only), correlationId, parent, after, limit);
  }

  /** Returns a copy that selects runs with this correlation id alone. */
  public SagaQuery withCorrelationId(String only) {
    return new SagaQuery(name, state, Optional.of(only), parent, after, limit);
  }

  /** Returns a copy that selects runs nested in this one alone. */
  public SagaQuery withParent(UUID only) {
    return new SagaQuery(name, state, correlationId, Optional.of(only), after, limit);
  }

  /** Returns a copy for the page after this run. */
  public SagaQuery after(UUID run) {
    return new SagaQuery(name, state, correlationId, parent, Optional.of(run), limit);
  }

  /** Returns a copy with pages of at most so many runs. */
  public SagaQuery withLimit(int most) {
    return new SagaQuery(name, state, correlationId, parent, after, most);
  }
}

package io.mistersmith.persistence.core;

import io.mistersmith.persistence.core.internal.operations.StoredAdvice;
import io.mistersmith.persistence.core.internal.state.repository.StoredDeadLetters;
import io.mistersmith.persistence.model.DataType;
import io.mistersmith.persistence.operations.Advice;
import io.mistersmith.persistence.operations.Consistency;
import io.mistersmith.persistence.operations.DeadLetters;
import io.mistersmith.persistence.operations.Operations;
import io.mistersmith.persistence.operations.Operations.CacheStats;
import io.mistersmith.persistence.operations.Pools;
import io.mistersmith.persistence.routing.DataRouter;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/** The operations of one runtime, wired over the other areas. */
final class OperationsArea implements Operations {

  private final EngineContext engine;
  private final StateArea state;
  private final StoredType sessions;
  private final Failover failover;
  private final EventArea events;
  private final DeadLetters deadLetters;
  private final HotOutages outages;
  private final Advice advice;

  OperationsArea(
      EngineContext engine,
      StateArea state,
      StoredType sessions,
      Failover failover,
      EventArea events) {
    this.failover = failover;
    this.events = events;
    this.engine = engine;
    this.state = state;
    this.sessions = sessions;
    this.outages = new HotOutages(engine.stores().hot(), engine.listener());
    this.deadLetters = new StoredDeadLetters(engine.stores().sql().deadLetters());
    this.advice = new StoredAdvice(engine.stores().sql().advice());
  }

  @Override
  public DeadLetters deadLetters() {
    return deadLetters;
  }

  @Override
  public Consistency consistency() {
    return state.consistency();
  }

  @Override
  public Optional<CacheStats> cacheStats(DataType dataType) {
    return switch (dataType) {
      case AGENT_STATE -> state.entries().cacheStats();
      case SESSION_DATA -> sessions.cacheStats();
      default -> Optional.empty();
    };
  }

  @Override
  public Advice advice() {
    return advice;
  }

  @Override
  public Pools pools() {
    return engine.stores().pools();
  }

  @Override
  public DataRouter router() {
    return engine.config().router();
  }

  @Override
  public List<String> notices() {
    return Stream.of(
            outages.notices(),
            engine.stores().notices(),
            engine.owners().notices(),
            failover.notices(),
            events.notices(),
            engine.services().notices(),
            engine.guard().notices())
        .flatMap(List::stream)
        .toList();
  }
}

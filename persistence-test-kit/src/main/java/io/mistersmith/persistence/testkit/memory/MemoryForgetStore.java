package io.mistersmith.persistence.testkit.memory;

import io.mistersmith.persistence.error.DataError;
import io.mistersmith.persistence.error.NonTransientPersistenceException;
import io.mistersmith.persistence.model.AgentId;
import io.mistersmith.persistence.spi.sql.ForgetStore;
import java.time.Duration;
import java.time.Instant;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.function.UnaryOperator;

/** Removes what the tables in memory have of agents. */
final class MemoryForgetStore implements ForgetStore {

  private final Session session;

  MemoryForgetStore(Session session) {
    this.session = session;
  }

  @Override
  public void begin(AgentId agent) {
    Instant now = session.now();
    boolean unused =
        session.call(
            tables -> {
              boolean hasChildren =
                  tables
                      .agents
                      .all()
                      .anyMatch(row -> row.stored().agent().parent().equals(Optional.of(agent)));
              if (hasChildren) {
                throw new NonTransientPersistenceException(
                    DataError.CONSTRAINT_VIOLATION,
                    "agent " + agent + ": it is the parent of others; forget or delete them first");
              }
              Set<UUID> contents = LargeValueWriter.namedBy(tables, agent);
              tables.forgotten.lock(agent);
              tables.forgotten.put(
                  agent,
                  tables
                      .forgotten
                      .find(agent)
                      .map(row -> row.again(contents, now))
                      .orElseGet(() -> ForgottenAgent.begun(agent, contents, now)));
              return true;
            });
  }

  @Override
  public int remove(AgentId agent, Place place, int limit) {
    Instant now = session.now();
    return session.call(
        tables -> {
          int removed = new AgentTraces(tables, agent, now).remove(place, limit);
          if (removed > 0) {
            change(tables, agent, row -> row.counted(place.table(), removed, now));
          }
          return removed;
        });
  }

  @Override
  public void note(AgentId agent, String place, long count) {
    Instant now = session.now();
    boolean unused =
        session.call(tables -> change(tables, agent, row -> row.counted(place, count, now)));
  }

  private static boolean change(
      Tables tables, AgentId agent, UnaryOperator<ForgottenAgent> change) {
    tables.forgotten.lock(agent);
    Optional<ForgottenAgent> row = tables.forgotten.find(agent);
    row.ifPresent(found -> tables.forgotten.put(agent, change.apply(found)));
    return row.isPresent();
  }

  @Override
  public List<UUID> tasks(AgentId agent, int limit) {
    Instant now = session.now();
    return session.call(tables -> new AgentTraces(tables, agent, now).tasks(limit));
  }

  @Override
  public List<UUID> removedTasks(AgentId agent) {
    return session.call(
        tables ->
            tables.forgotten.find(agent).map(row -> List.copyOf(row.tasks())).orElse(List.of()));
  }

  @Override
  public List<UUID> contents(AgentId agent) {
    Instant now = session.now();
    return session.call(tables -> new AgentTraces(tables, agent, now).unnamedContents());
  }

  @Override
  public int openSagas(AgentId agent) {
    Instant now = session.now();
    return session.call(tables -> new AgentTraces(tables, agent, now).openSagas());
  }

  @Override
  public void end(AgentId agent) {
    Instant now = session.now();
    boolean unused =
        session.call(
            tables ->
                change(tables, agent, row -> row.checkedAt().isPresent() ? row : row.ended(now)));
  }

  @Override
  public Optional<Forgotten> find(AgentId agent) {
    return session.call(tables -> tables.forgotten.find(agent).map(ForgottenAgent::forgotten));
  }

  @Override
  public List<Forgotten> unfinished(int limit) {
    return session.call(
        tables ->
            tables
                .forgotten
                .all()
                .filter(row -> row.checkedAt().isEmpty())
                .sorted(Comparator.comparing(ForgottenAgent::begunAt))
                .limit(limit)
                .map(ForgottenAgent::forgotten)
                .toList());
  }

  @Override
  public List<Forgotten> claim(Duration idle, Duration late, int limit) {
    Instant now = session.now();
    return session.call(
        tables -> {
          List<ForgottenAgent> due =
              tables
                  .forgotten
                  .all()
                  .filter(row -> row.checkedAt().isEmpty())
                  .filter(
                      row ->
                          row.workedAt().isBefore(now.minus(row.endedAt().isEmpty() ? idle : late)))
                  .sorted(Comparator.comparing(ForgottenAgent::workedAt))
                  .filter(row -> tables.forgotten.tryLock(row.agent()))
                  .limit(limit)
                  .toList();
          due.forEach(row -> tables.forgotten.put(row.agent(), row.worked(now)));
          return due.stream().map(ForgottenAgent::forgotten).toList();
        });
  }
}

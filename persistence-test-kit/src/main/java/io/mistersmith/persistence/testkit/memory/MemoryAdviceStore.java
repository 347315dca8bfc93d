package io.mistersmith.persistence.testkit.memory;

import io.mistersmith.persistence.error.DataError;
import io.mistersmith.persistence.error.NonTransientPersistenceException;
import io.mistersmith.persistence.operations.Advice.IndexFinding;
import io.mistersmith.persistence.operations.Advice.MissingIndex;
import io.mistersmith.persistence.operations.Advice.SlowStatement;
import io.mistersmith.persistence.spi.sql.AdviceStore;
import io.mistersmith.persistence.testkit.memory.AdviceTables.Recommended;
import io.mistersmith.persistence.testkit.memory.AdviceTables.State;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.function.Function;

/** The advice that a test gives through {@link InMemoryStores}. */
final class MemoryAdviceStore implements AdviceStore {

  private final Session session;

  MemoryAdviceStore(Session session) {
    this.session = session;
  }

  private <T> T call(String what, Function<Tables, T> statement) {
    return session.call(
        tables -> {
          tables.requireSet("monitoring", what);
          return statement.apply(tables);
        });
  }

  @Override
  public List<IndexFinding> indexes() {
    return call(
        "look for indexes that do not help",
        tables ->
            tables
                .advice
                .findings
                .all()
                .sorted(Comparator.comparingLong(IndexFinding::bytes).reversed())
                .toList());
  }

  @Override
  public void recommend() {
    boolean unused = call("look for missing indexes", tables -> true);
  }

  @Override
  public List<MissingIndex> missing() {
    return call(
        "list the recommended indexes",
        tables ->
            tables
                .advice
                .recommendations
                .all()
                .filter(row -> row.state() == State.PENDING)
                .map(Recommended::index)
                .sorted(Comparator.comparing(MissingIndex::since))
                .toList());
  }

  @Override
  public String implement(UUID recommendation) {
    if (session instanceof UnitSession) {
      throw new IllegalStateException(
          "implement recommendation "
              + recommendation
              + ": an index is not built in a transaction; use SqlStore.advice() outside of a"
              + " unit");
    }
    String what = "implement recommendation " + recommendation;
    Optional<String> failure =
        call(
            what,
            tables -> {
              Recommended row =
                  tables
                      .advice
                      .recommendations
                      .find(recommendation)
                      .filter(found -> found.state() != State.REJECTED)
                      .orElseThrow(
                          () ->
                              new NonTransientPersistenceException(
                                  DataError.NOT_FOUND,
                                  what + ": there is none, or it was rejected"));
              tables.advice.recommendations.put(
                  recommendation,
                  new Recommended(
                      attempted(row),
                      row.obstacle(),
                      row.obstacle().isPresent() ? row.state() : State.IMPLEMENTED));
              return row.obstacle();
            });
    if (failure.isPresent()) {
      throw new NonTransientPersistenceException(
          DataError.MISCONFIGURED, what + ": " + failure.get());
    }
    return call(
        what,
        tables -> name(tables.advice.recommendations.find(recommendation).orElseThrow().index()));
  }

  private static MissingIndex attempted(Recommended row) {
    MissingIndex index = row.index();
    return new MissingIndex(
        index.id(),
        index.table(),
        index.columns(),
        index.method(),
        index.reason(),
        index.benefit(),
        index.since(),
        row.obstacle());
  }

  private static String name(MissingIndex index) {
    String table = index.table().substring(index.table().indexOf('.') + 1);
    return "idx_" + table + "_" + String.join("_", index.columns()) + "_auto";
  }

  @Override
  public boolean reject(UUID recommendation) {
    return call(
        "reject recommendation " + recommendation,
        tables -> {
          tables.advice.recommendations.lock(recommendation);
          Optional<Recommended> pending =
              tables
                  .advice
                  .recommendations
                  .find(recommendation)
                  .filter(row -> row.state() == State.PENDING);
          pending.ifPresent(
              row ->
                  tables.advice.recommendations.put(
                      recommendation,
                      new Recommended(row.index(), row.obstacle(), State.REJECTED)));
          return pending.isPresent();
        });
  }

  @Override
  public List<SlowStatement> slowStatements(int most) {
    return call(
        "list slow statements",
        tables -> {
          tables.requireSet("statements", "list slow statements");
          return tables
              .advice
              .statements
              .all()
              .sorted(Comparator.comparingDouble(SlowStatement::meanMillis).reversed())
              .limit(most)
              .toList();
        });
  }
}

package io.mistersmith.persistence.core.soak;

import io.mistersmith.persistence.core.soak.Fault.Kind;
import io.mistersmith.persistence.knowledge.Embedding;
import io.mistersmith.persistence.knowledge.Embedding.Model;
import io.mistersmith.persistence.knowledge.Fact;
import io.mistersmith.persistence.knowledge.FactQuery;
import io.mistersmith.persistence.knowledge.Knowledge;
import io.mistersmith.persistence.knowledge.Knowledge.Saved;
import io.mistersmith.persistence.knowledge.Knowledge.Stored;
import io.mistersmith.persistence.knowledge.SearchQuery;
import io.mistersmith.persistence.transaction.TransactionOptions;
import io.mistersmith.persistence.transaction.TransactionOptions.Boundary;
import java.util.List;
import java.util.Optional;
import java.util.UUID;

/**
 * Supersedes the fact that this life of the actor has learned last, and gives the new one an
 * embedding, in one transaction: exactly one of the facts holds, and it is found by its content, by
 * its word and by its vector. Saved again, nothing is written.
 */
final class LearnFact implements Operation {

  private static final Model MODEL = new Model("soak", "1");
  private static final int DIMENSIONS = 16;

  private Optional<Fact> learned = Optional.empty();
  private int entities;

  @Override
  public void run(Actor actor) {
    Knowledge knowledge = actor.persistence().knowledge();
    String entity = actor.replica() + " " + entities;
    String write = actor.newWrite();
    Fact fact = Fact.of("actor", entity, "wrote", write);
    Embedding embedding = Embedding.of(fact.id(), MODEL, write, vector(fact.id()));
    Optional<Fact> before = learned;
    TransactionOptions options =
        TransactionOptions.builder(Boundary.SINGLE_OPERATION, "learn a fact")
            .correlationId(write)
            .build();
    Outcome outcome =
        Outcome.of(
            actor,
            options,
            tx -> {
              if (before.isPresent()) {
                Stored unused = tx.knowledge().supersede(before.get().id(), fact);
              } else {
                Stored unused = tx.knowledge().save(fact);
              }
              Saved unused = tx.knowledge().embed(List.of(embedding));
            });
    if (outcome == Outcome.UNKNOWN) {
      entities++;
      learned = Optional.empty();
      return;
    }
    if (outcome.isCommitted()) {
      learned = Optional.of(fact);
    }
    actor.tolerate(() -> judge(actor, knowledge, entity));
  }

  private void judge(Actor actor, Knowledge knowledge, String entity) {
    if (learned.isEmpty()) {
      return;
    }
    Fact last = learned.get();
    FactQuery query = FactQuery.about("actor", entity);
    List<UUID> holding = knowledge.find(query).stream().map(Stored::id).toList();
    expect(actor, last, "holds", holding.equals(List.of(last.id())));
    expect(
        actor,
        last,
        "is found by its word",
        knowledge.find(query.matching(last.object().toString())).size() == 1);
    expect(
        actor,
        last,
        "is found by its vector",
        knowledge
            .search(SearchQuery.near(MODEL, vector(last.id())).within(query).withLimit(1))
            .stream()
            .anyMatch(hit -> hit.fact().id().equals(last.id())));
    expect(
        actor,
        last,
        "is not written again",
        knowledge.saveAll(List.of(last)).equals(new Saved(0, 0, 1)));
  }

  private static void expect(Actor actor, Fact fact, String what, boolean kept) {
    if (!kept) {
      actor
          .ledgerWriter()
          .seen(new Fault(Kind.LOST, "fact " + fact.id() + " of " + fact.entityId() + " " + what));
    }
  }

  private static float[] vector(UUID id) {
    float[] vector = new float[DIMENSIONS];
    long bits = id.getMostSignificantBits();
    for (int i = 0; i < DIMENSIONS; i++) {
      vector[i] = 1 + ((bits >>> (i * 4)) & 15);
    }
    return vector;
  }
}

package io.mistersmith.persistence.core.internal.knowledge;

import io.mistersmith.persistence.core.internal.base.Digests;
import io.mistersmith.persistence.core.internal.codec.CanonicalJson;
import io.mistersmith.persistence.error.DataError;
import io.mistersmith.persistence.error.NonTransientPersistenceException;
import io.mistersmith.persistence.error.PersistenceException;
import io.mistersmith.persistence.knowledge.Fact;
import io.mistersmith.persistence.knowledge.Knowledge.Stored;
import io.mistersmith.persistence.model.AgentId;
import io.mistersmith.persistence.spi.sql.KnowledgeStore.FactRow;
import io.mistersmith.persistence.spi.sql.KnowledgeStore.StoredFact;
import java.math.BigDecimal;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;

/** Facts as rows, with the hash of their content. */
final class FactCodec {

  private FactCodec() {}

  static FactRow row(Fact fact) {
    String object = CanonicalJson.of(fact.object());
    if (object.equals("null")) {
      throw new NonTransientPersistenceException(
          DataError.SERIALIZATION_ERROR, "fact " + fact.id() + ": its object is written as null");
    }
    String evidence = CanonicalJson.of(fact.evidence());
    Optional<BigDecimal> confidence =
        fact.confidence().isPresent()
            ? Optional.of(BigDecimal.valueOf(fact.confidence().getAsDouble()).setScale(2))
            : Optional.empty();
    return new FactRow(
        fact.id(),
        fact.entityType(),
        fact.entityId(),
        fact.predicate(),
        object,
        fact.objectType(),
        fact.source(),
        confidence,
        evidence,
        fact.validFrom(),
        fact.validUntil(),
        hash(fact, object, evidence));
  }

  /** Of all parts, each with its length before it, so that no two facts have one text. */
  private static String hash(Fact fact, String object, String evidence) {
    StringBuilder text = new StringBuilder();
    Arrays.asList(
            fact.entityType(),
            fact.entityId(),
            fact.predicate(),
            object,
            fact.objectType(),
            fact.source().map(AgentId::toString).orElse(""),
            fact.confidence().toString(),
            evidence,
            fact.validFrom().toString(),
            fact.validUntil().toString())
        .forEach(part -> text.append(part.length()).append(':').append(part));
    return Digests.sha256Hex(text.toString().getBytes(StandardCharsets.UTF_8));
  }

  /** A row of another writer may hold what no fact can. */
  static Stored stored(StoredFact stored) {
    try {
      return read(stored);
    } catch (PersistenceException | IllegalArgumentException e) {
      throw new NonTransientPersistenceException(
          DataError.SERIALIZATION_ERROR,
          "fact "
              + stored.row().id()
              + " cannot be read: correct or delete its row in knowledge.facts ("
              + e.getMessage()
              + ")",
          e);
    }
  }

  private static Stored read(StoredFact stored) {
    FactRow row = stored.row();
    return new Stored(
        new Fact(
            row.id(),
            row.entityType(),
            row.entityId(),
            row.predicate(),
            CanonicalJson.read(row.object()),
            row.objectType(),
            row.source(),
            row.confidence().isPresent()
                ? OptionalDouble.of(row.confidence().get().doubleValue())
                : OptionalDouble.empty(),
            evidence(row),
            row.validFrom(),
            row.validUntil()),
        stored.createdAt(),
        stored.updatedAt(),
        stored.supersededBy());
  }

  @SuppressWarnings("unchecked") // what was saved is an object; any other has no members
  private static Map<String, Object> evidence(FactRow row) {
    Object evidence = CanonicalJson.read(row.evidence());
    if (!(evidence instanceof Map<?, ?> members)) {
      return Map.of();
    }
    members.values().removeIf(value -> value == null);
    return (Map<String, Object>) members;
  }
}

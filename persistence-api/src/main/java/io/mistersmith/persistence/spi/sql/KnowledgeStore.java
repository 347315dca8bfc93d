package io.mistersmith.persistence.spi.sql;

import io.mistersmith.persistence.knowledge.Embedding;
import io.mistersmith.persistence.knowledge.Embedding.Model;
import io.mistersmith.persistence.knowledge.FactQuery;
import io.mistersmith.persistence.knowledge.Knowledge.Saved;
import io.mistersmith.persistence.knowledge.SearchQuery;
import io.mistersmith.persistence.model.AgentId;
import java.math.BigDecimal;
import java.time.Instant;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;

/** The facts that agents know, and their embeddings. JSON is text here. Thread-safe. */
public interface KnowledgeStore {

  /**
   * Creates or replaces facts, all or none, except for those that have the same hash. Keeps the
   * beginning of a fact that is given without one, and the end.
   *
   * @param facts no two of them with one id
   */
  Saved saveFacts(Collection<FactRow> facts);

  /** Returns those of the facts that exist and meet the conditions, whatever page, in no order. */
  @SqlAccess.Read
  List<StoredFact> facts(Collection<UUID> ids, Filter filter);

  /** Returns a page of facts in the order of the bytes of their ids. */
  @SqlAccess.Read
  List<StoredFact> find(Filter filter);

  /**
   * Ends a fact and creates the one that takes its place; nothing where that is done already. See
   * {@link io.mistersmith.persistence.knowledge.Knowledge#supersede}.
   */
  void supersede(UUID fact, FactRow by);

  /** Ends a fact that has no end, by the store's clock; returns whether there was one. */
  boolean end(UUID fact);

  /** Deletes a fact and its embeddings; returns whether it existed. */
  boolean delete(UUID fact);

  /**
   * Creates or replaces embeddings, all or none, except for those that are as they were.
   *
   * @param embeddings no two of them of one fact and model
   */
  Saved saveEmbeddings(Collection<Embedding> embeddings);

  /** Returns the texts' SHA-256, in hexadecimal, of those of the facts that have an embedding. */
  @SqlAccess.Read
  Map<UUID, String> textHashes(Model model, Collection<UUID> facts);

  /** Returns a fact's embedding by a model. */
  @SqlAccess.Read
  Optional<Embedding> embedding(UUID fact, Model model);

  /**
   * Returns the facts with the nearest embeddings, nearest first and then in the order of their
   * ids, with the distances.
   */
  @SqlAccess.Read
  List<Ranked> nearest(Neighbours wanted);

  /** Returns the facts that match any of the words, best first, with a rank of the store's own. */
  @SqlAccess.Read
  List<Ranked> matching(String words, Filter filter, int limit);

  /** Returns how {@link #nearest} compares vectors, in words. */
  @SqlAccess.Read
  String searchMethod();

  /**
   * A fact to save.
   *
   * @param object its object as JSON
   * @param evidence its evidence as JSON
   * @param hash of all that it was given with
   */
  record FactRow(
      UUID id,
      String entityType,
      String entityId,
      String predicate,
      String object,
      String objectType,
      Optional<AgentId> source,
      Optional<BigDecimal> confidence,
      String evidence,
      Optional<Instant> validFrom,
      Optional<Instant> validUntil,
      String hash) {}

  /**
   * A fact as it is kept.
   *
   * @param row the fact, with its beginning
   */
  record StoredFact(
      FactRow row, Instant createdAt, Instant updatedAt, Optional<UUID> supersededBy) {}

  /**
   * What selects facts.
   *
   * @param query the conditions
   * @param part what objects must contain, as JSON
   */
  record Filter(FactQuery query, Optional<String> part) {}

  /**
   * Whose neighbours are wanted.
   *
   * @param search the model, the vector and the metric
   * @param filter what selects the facts that may be found
   * @param limit how many are found at most
   */
  record Neighbours(SearchQuery search, Filter filter, int limit) {}

  /** A fact that was found, and the value that it is ranked by. */
  record Ranked(UUID fact, double value) {}
}

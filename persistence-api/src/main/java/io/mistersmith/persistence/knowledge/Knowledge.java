package io.mistersmith.persistence.knowledge;

import io.mistersmith.persistence.knowledge.Embedding.Model;
import java.time.Instant;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.Set;
import java.util.UUID;

/**
 * What agents know: facts in PostgreSQL, found by their content, by words and by the distance of
 * their embeddings. Thread-safe, except for that of a {@link
 * io.mistersmith.persistence.transaction.Transaction}; each statement ends within its timeout. A
 * search, or a save of many embeddings, has several.
 *
 * <p>Vectors are compared by pgvector where the migrations' optional set {@code vector} is applied;
 * elsewhere by a search that compares all vectors of the model, with the same results or better.
 *
 * <p>Failures are {@link io.mistersmith.persistence.error.PersistenceException}s.
 */
public interface Knowledge {

  /** The most facts or embeddings that one call saves. */
  int MAX_BATCH = 5_000;

  /**
   * Saves a fact, and returns it as it is kept. {@link #saveAll} says more.
   *
   * @throws io.mistersmith.persistence.error.NonTransientPersistenceException as {@link #saveAll}
   */
  Stored save(Fact fact);

  /**
   * Creates up to {@value #MAX_BATCH} facts, or replaces those with the same ids: all or none. A
   * fact whose content is what it was saved with last is not written, also when it was {@linkplain
   * #supersede superseded} since. Of several facts with one id the last one counts.
   *
   * <p>A fact that is replaced keeps its beginning unless the new one names another, and never
   * loses its end.
   *
   * @throws io.mistersmith.persistence.error.NonTransientPersistenceException with {@code
   *     CONSTRAINT_VIOLATION} when a source is not registered, or a fact would end before it
   *     begins; {@code SERIALIZATION_ERROR} when an object cannot be kept as JSON
   */
  Saved saveAll(Collection<Fact> facts);

  /** Returns a fact, whenever it holds. */
  Optional<Stored> find(UUID fact);

  /**
   * Returns a page of the facts that the query selects, in the order of their ids. Fewer than the
   * query's limit are on the last page alone; ask for the next one with {@code query.after(last
   * id)}.
   */
  List<Stored> find(FactQuery query);

  /**
   * Ends a fact and saves the one that takes its place, which begins where the other one ends: both
   * or none. Done again, it changes nothing.
   *
   * @param by the new fact. Where it does not say from when on it holds, that is now
   * @return the new fact as it is kept
   * @throws io.mistersmith.persistence.error.NonTransientPersistenceException with {@code
   *     NOT_FOUND} when there is no such fact; {@code DUPLICATE_KEY} when the new one's id is
   *     taken; {@code CONSTRAINT_VIOLATION} when the new one begins before the other one
   * @throws io.mistersmith.persistence.error.TransientPersistenceException with {@code
   *     VERSION_CONFLICT} when the fact has ended, or another fact has taken its place
   */
  Stored supersede(UUID fact, Fact by);

  /**
   * Ends a fact that holds, from now on, and keeps it.
   *
   * @return whether it did; false when there is none, or it has an end
   */
  boolean end(UUID fact);

  /** Deletes a fact and its embeddings; returns whether it existed. */
  boolean delete(UUID fact);

  /** Returns a fact's object as a class, mapped by its fields. */
  <T> T object(Fact fact, Class<T> type);

  /**
   * Creates up to {@value #MAX_BATCH} embeddings, or replaces those of the same facts and models:
   * all or none. One whose text and vector are as they were is not written.
   *
   * @throws io.mistersmith.persistence.error.NonTransientPersistenceException with {@code
   *     CONSTRAINT_VIOLATION} when there is no such fact, or the model's embeddings have another
   *     number of dimensions
   */
  Saved embed(Collection<Embedding> embeddings);

  /**
   * Returns those of the facts that have no embedding by this model, or one of another text: those
   * that are worth asking the model for.
   *
   * @param texts the texts of facts, by their ids
   */
  Set<UUID> unembedded(Model model, Map<UUID, String> texts);

  /** Returns a fact's embedding by a model. */
  Optional<Embedding> embedding(UUID fact, Model model);

  /**
   * Returns the facts that rank first, best first. Each meets the filter when it is read: one that
   * is changed or deleted during the search, and meets it no more, is missing from them.
   *
   * @throws io.mistersmith.persistence.error.NonTransientPersistenceException with {@code
   *     CONSTRAINT_VIOLATION} when the vector has another number of dimensions than the model's
   */
  List<Hit> search(SearchQuery query);

  /** {@link #search(SearchQuery)} by words, for 10 facts. */
  default List<Hit> search(String words) {
    return search(SearchQuery.matching(words));
  }

  /** Returns how vectors are compared, in words: exactly, or by an index of pgvector. */
  String searchMethod();

  /**
   * A fact as it is kept.
   *
   * @param fact the fact, with the time from which on it holds
   * @param createdAt when it was first saved
   * @param updatedAt when it was changed last
   * @param supersededBy the fact that took its place, which may be deleted since
   */
  record Stored(Fact fact, Instant createdAt, Instant updatedAt, Optional<UUID> supersededBy) {

    /** Returns the fact's id. */
    public UUID id() {
      return fact.id();
    }
  }

  /**
   * What came of saving.
   *
   * @param created how many are new
   * @param updated how many replaced others
   * @param unchanged how many were there already, and were not written
   */
  record Saved(int created, int updated, int unchanged) {}

  /**
   * A fact that was found.
   *
   * @param fact the fact
   * @param score the sum of what its ranks count, to compare with others of the same search
   * @param distance the distance of its embedding; empty when it was found by words alone
   */
  record Hit(Stored fact, double score, OptionalDouble distance) {}
}

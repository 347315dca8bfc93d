package io.mistersmith.persistence.operations;

import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.UUID;

/**
 * What the statistics of PostgreSQL say about indexes and statements. Needs the set {@code
 * monitoring} of the migrations, and {@link #slowStatements} the set {@code statements}. Where a
 * set is not applied, calls fail as {@code MISCONFIGURED} and name it. Thread-safe.
 */
public interface Advice {

  /**
   * Returns indexes that cost more than they help, the largest first. None is one that a primary
   * key, a unique or exclusion constraint, or a foreign key needs, unless it is bloated or invalid:
   * then the statement builds it again.
   *
   * @throws io.mistersmith.persistence.error.PersistenceException when PostgreSQL does not answer
   */
  List<IndexFinding> indexes();

  /**
   * Looks for missing indexes in the statistics, and returns what is recommended and neither built
   * nor rejected yet, oldest first.
   *
   * @throws io.mistersmith.persistence.error.PersistenceException when PostgreSQL does not answer
   */
  List<MissingIndex> missingIndexes();

  /**
   * Builds a recommended index by {@code CREATE INDEX CONCURRENTLY}, and records the outcome.
   * Writers go on meanwhile. Calling it again resumes an interrupted build. Does nothing where it
   * is built.
   *
   * @return the index's name, in its table's schema
   * @throws io.mistersmith.persistence.error.PersistenceException {@code NOT_FOUND} when it is not
   *     recommended or was rejected; another one when it cannot be built: the recommendation stays,
   *     with the failure
   */
  String implement(UUID recommendation);

  /**
   * Rejects a recommendation: the index is not recommended again.
   *
   * @throws io.mistersmith.persistence.error.PersistenceException {@code NOT_FOUND} when it is not
   *     pending
   */
  void reject(UUID recommendation);

  /**
   * Returns the statements that take longest on average, slowest first, with the plans that were
   * captured. A statement is never run for its plan.
   *
   * @param most how many at most
   * @throws io.mistersmith.persistence.error.PersistenceException when PostgreSQL does not answer
   */
  List<SlowStatement> slowStatements(int most);

  /** What is wrong with an index. Of several troubles, the first of these counts. */
  enum IndexTrouble {
    /** A build of it failed, so that it is updated and never read. */
    INVALID,
    /** Another index does all that it does. */
    DUPLICATE,
    /** No statement has used it since the statistics began. */
    UNUSED,
    /** It takes much more space than its entries need. */
    BLOATED
  }

  /**
   * An index to look at.
   *
   * @param index its qualified name
   * @param table its table's qualified name
   * @param trouble what is wrong with it
   * @param bytes its size
   * @param reason what was found, in a sentence
   * @param statement the statement that helps, for an operator to run
   */
  record IndexFinding(
      String index,
      String table,
      IndexTrouble trouble,
      long bytes,
      String reason,
      String statement) {}

  /**
   * An index that the statistics ask for.
   *
   * @param id what {@link #implement} takes
   * @param table the table's qualified name
   * @param columns its columns
   * @param method such as {@code btree}
   * @param reason what was seen
   * @param benefit how much it should help, in words
   * @param since when it was recommended first
   * @param failure why it could not be built, where that was tried
   */
  record MissingIndex(
      UUID id,
      String table,
      List<String> columns,
      String method,
      String reason,
      String benefit,
      Instant since,
      Optional<String> failure) {

    /** Keeps a copy. */
    public MissingIndex {
      columns = List.copyOf(columns);
    }
  }

  /**
   * A statement that takes long.
   *
   * @param hash its identity in pg_stat_statements
   * @param text its text, with placeholders for values
   * @param calls how often it ran
   * @param meanMillis how long it took on average
   * @param totalMillis how long all its runs took
   * @param plan the last plan that was captured, as PostgreSQL's JSON; of a statement that cannot
   *     be explained, an object with the reason as {@code error}
   */
  record SlowStatement(
      String hash,
      String text,
      long calls,
      double meanMillis,
      double totalMillis,
      Optional<String> plan) {}
}

package io.mistersmith.persistence.migration.online;

import io.mistersmith.persistence.migration.model.MigrationException;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Builds recommended indexes, or rejects them permanently. {@code
 * monitoring.generate_index_recommendations()} makes the recommendations.
 *
 * <p>Needs the set {@code monitoring} of the migrations. Thread-safe. An interrupted build leaves
 * its recommendation pending; implementing it again resumes the build.
 */
public final class IndexRecommendations {
  private static final Logger LOG = LoggerFactory.getLogger(IndexRecommendations.class);

  private static final String GENERATE = "SELECT monitoring.generate_index_recommendations()";

  private static final String PENDING =
      """
      SELECT p.recommendation_id, p.schema_name, p.table_name, p.index_name, p.column_names,
             p.index_type, p.recommendation_reason, p.estimated_benefit, p.created_at, p.failure
        FROM monitoring.pending_index_recommendations() p
      """;

  private static final String BY_ID =
      """
      SELECT r.recommendation_id, r.schema_name, r.table_name,
             monitoring.recommended_index_name(r.table_name, r.column_names), r.column_names,
             r.index_type, r.status, r.index_name
        FROM monitoring.index_recommendations r
       WHERE r.recommendation_id = ?
      """;

  private static final String ATTEMPTED = "SELECT monitoring.note_index_attempt(?, ?, ?)";

  private static final String REJECTED =
      """
      UPDATE monitoring.index_recommendations SET status = 'rejected'
       WHERE recommendation_id = ? AND status = 'pending'
      """;

  private final DataSource dataSource;
  private final ConcurrentIndex indexes;

  /** Builds with {@code indexes} what is recommended in the database of {@code dataSource}. */
  public IndexRecommendations(DataSource dataSource, ConcurrentIndex indexes) {
    this.dataSource = dataSource;
    this.indexes = indexes;
  }

  /**
   * Looks for missing indexes in the statistics, and adds recommendations. Retires those that are
   * no longer needed.
   *
   * @throws MigrationException when the database cannot be asked
   */
  public void refresh() {
    try (Connection connection = dataSource.getConnection();
        PreparedStatement statement = connection.prepareStatement(GENERATE)) {
      statement.execute();
      if (!connection.getAutoCommit()) {
        connection.commit();
      }
    } catch (SQLException e) {
      throw OnlineFailure.ofIndex("The missing indexes could not be looked for", e);
    }
  }

  /**
   * Returns the pending recommendations, oldest first.
   *
   * @throws MigrationException when the database cannot be asked
   */
  public List<Recommendation> pending() {
    try (Connection connection = dataSource.getConnection();
        PreparedStatement statement = connection.prepareStatement(PENDING);
        ResultSet rows = statement.executeQuery()) {
      List<Recommendation> pending = new ArrayList<>();
      while (rows.next()) {
        pending.add(recommendation(rows));
      }
      return pending;
    } catch (SQLException e) {
      throw OnlineFailure.ofIndex("The index recommendations could not be read", e);
    }
  }

  /**
   * Builds the index, then marks the recommendation as implemented. Does nothing where it is marked
   * already.
   *
   * @return the name of the index, in its table's schema
   * @throws MigrationException {@code WRONG_STATE} when there is no such recommendation, it was
   *     rejected or is obsolete; another one when the index cannot be built: the recommendation
   *     stays pending, with the failure
   */
  public String implement(UUID id) {
    Row row = row(id);
    if (row.status.equals("implemented")) {
      return row.indexName;
    }
    if (!row.status.equals("pending")) {
      throw new MigrationException(
          MigrationException.Kind.WRONG_STATE,
          "Recommendation %s is %s; implement pending ones".formatted(id, row.status));
    }
    build(id, row.index);
    return row.index.name();
  }

  private void build(UUID id, IndexDefinition index) {
    try {
      indexes.build(index);
    } catch (MigrationException e) {
      try {
        boolean unused = noteAttempt(id, index, e.getMessage());
      } catch (MigrationException unnoted) {
        e.addSuppressed(unnoted);
      }
      throw e;
    }
    if (noteAttempt(id, index, null)) {
      LOG.info("Recommendation {} is implemented by index {}.", id, index);
    } else {
      LOG.warn("Recommendation {} was rejected while index {} was built for it.", id, index);
    }
  }

  /**
   * Rejects a recommendation: the same index is not recommended again.
   *
   * @throws MigrationException when it is not pending
   */
  public void reject(UUID id) {
    if (!rejected(id)) {
      throw new MigrationException(
          MigrationException.Kind.WRONG_STATE,
          "Recommendation %s is %s; reject pending ones".formatted(id, row(id).status));
    }
  }

  private record Row(IndexDefinition index, String status, String indexName) {}

  private Row row(UUID id) {
    try (Connection connection = dataSource.getConnection();
        PreparedStatement statement = connection.prepareStatement(BY_ID)) {
      statement.setObject(1, id);
      try (ResultSet row = statement.executeQuery()) {
        if (!row.next()) {
          throw new MigrationException(
              MigrationException.Kind.WRONG_STATE,
              "There is no recommendation " + id + "; list the pending ones");
        }
        String built = row.getString(8);
        return new Row(index(row), row.getString(7), built == null ? row.getString(4) : built);
      }
    } catch (SQLException e) {
      throw OnlineFailure.ofIndex("Recommendation " + id + " could not be read", e);
    }
  }

  private static Recommendation recommendation(ResultSet row) throws SQLException {
    return new Recommendation(
        row.getObject(1, UUID.class),
        index(row),
        row.getString(7),
        row.getString(8),
        row.getObject(9, OffsetDateTime.class).toInstant(),
        Optional.ofNullable(row.getString(10)));
  }

  private static IndexDefinition index(ResultSet row) throws SQLException {
    return new IndexDefinition(
        row.getString(2),
        row.getString(3),
        row.getString(4),
        List.of((String[]) row.getArray(5).getArray()),
        row.getString(6));
  }

  /** Returns false when the recommendation is gone, or was rejected. */
  private boolean noteAttempt(UUID id, IndexDefinition index, @Nullable String failure) {
    try (Connection connection = dataSource.getConnection();
        PreparedStatement statement = connection.prepareStatement(ATTEMPTED)) {
      statement.setObject(1, id);
      statement.setString(2, index.name());
      statement.setString(3, failure);
      boolean noted;
      try (ResultSet row = statement.executeQuery()) {
        noted = row.next() && row.getBoolean(1);
      }
      if (!connection.getAutoCommit()) {
        connection.commit();
      }
      return noted;
    } catch (SQLException e) {
      throw changeFailed(id, e);
    }
  }

  private boolean rejected(UUID id) {
    try (Connection connection = dataSource.getConnection();
        PreparedStatement statement = connection.prepareStatement(REJECTED)) {
      statement.setObject(1, id);
      boolean rejected = statement.executeUpdate() == 1;
      if (!connection.getAutoCommit()) {
        connection.commit();
      }
      return rejected;
    } catch (SQLException e) {
      throw changeFailed(id, e);
    }
  }

  private static MigrationException changeFailed(UUID id, SQLException e) {
    return OnlineFailure.ofIndex("Recommendation " + id + " could not be changed", e);
  }

  /**
   * An index that the statistics ask for.
   *
   * @param id the key of its row in {@code monitoring.index_recommendations}
   * @param index what would be built
   * @param reason what was seen
   * @param estimatedBenefit how much it should help, in words
   * @param createdAt when it was recommended
   * @param failure why the latest attempt to build it failed
   */
  public record Recommendation(
      UUID id,
      IndexDefinition index,
      String reason,
      String estimatedBenefit,
      Instant createdAt,
      Optional<String> failure) {}
}

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
import java.util.UUID;
import javax.sql.DataSource;
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

  private static final String SELECT =
      """
      SELECT r.recommendation_id, r.schema_name, r.table_name,
             monitoring.recommended_index_name(r.table_name, r.column_names), r.column_names,
             r.index_type, r.recommendation_reason, r.estimated_benefit, r.created_at, r.status,
             r.index_name
        FROM monitoring.index_recommendations r
      """;

  private static final String PENDING =
      SELECT + " WHERE r.status = 'pending' ORDER BY r.created_at, r.recommendation_id";

  private static final String BY_ID = SELECT + " WHERE r.recommendation_id = ?";

  private static final String IMPLEMENTED =
      """
      UPDATE monitoring.index_recommendations
         SET status = 'implemented', implemented_at = clock_timestamp(), index_name = ?
       WHERE recommendation_id = ? AND status IN ('pending', 'obsolete')
      """;

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
   * @throws MigrationException when there is no such recommendation, it was rejected or is
   *     obsolete, or the index cannot be built; the recommendation stays as it was
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
    IndexDefinition index = row.recommendation.index();
    indexes.build(index);
    // The new index itself may have made the recommendation obsolete meanwhile.
    update(IMPLEMENTED, id, index.name());
    LOG.info("Recommendation {} is implemented by index {}.", id, index);
    return index.name();
  }

  /**
   * Rejects a recommendation: the same index is not recommended again.
   *
   * @throws MigrationException when it is not pending
   */
  public void reject(UUID id) {
    if (update(REJECTED, id) == 0) {
      throw new MigrationException(
          MigrationException.Kind.WRONG_STATE,
          "Recommendation %s is %s; reject pending ones".formatted(id, row(id).status));
    }
  }

  private record Row(Recommendation recommendation, String status, String indexName) {}

  private Row row(UUID id) {
    try (Connection connection = dataSource.getConnection();
        PreparedStatement statement = connection.prepareStatement(BY_ID)) {
      statement.setObject(1, id);
      try (ResultSet row = statement.executeQuery()) {
        if (!row.next()) {
          throw new MigrationException(
              MigrationException.Kind.INVALID_CHANGE,
              "There is no recommendation " + id + "; list the pending ones");
        }
        String built = row.getString(11);
        return new Row(
            recommendation(row), row.getString(10), built == null ? row.getString(4) : built);
      }
    } catch (SQLException e) {
      throw OnlineFailure.ofIndex("Recommendation " + id + " could not be read", e);
    }
  }

  private static Recommendation recommendation(ResultSet row) throws SQLException {
    return new Recommendation(
        row.getObject(1, UUID.class),
        new IndexDefinition(
            row.getString(2),
            row.getString(3),
            row.getString(4),
            List.of((String[]) row.getArray(5).getArray()),
            row.getString(6)),
        row.getString(7),
        row.getString(8),
        row.getObject(9, OffsetDateTime.class).toInstant());
  }

  private int update(String sql, UUID id, String... before) {
    try (Connection connection = dataSource.getConnection();
        PreparedStatement statement = connection.prepareStatement(sql)) {
      for (int i = 0; i < before.length; i++) {
        statement.setString(i + 1, before[i]);
      }
      statement.setObject(before.length + 1, id);
      int updated = statement.executeUpdate();
      if (!connection.getAutoCommit()) {
        connection.commit();
      }
      return updated;
    } catch (SQLException e) {
      throw OnlineFailure.ofIndex("Recommendation " + id + " could not be changed", e);
    }
  }

  /**
   * An index that the statistics ask for.
   *
   * @param id the key of its row in {@code monitoring.index_recommendations}
   * @param index what would be built
   * @param reason what was seen
   * @param estimatedBenefit how much it should help, in words
   * @param createdAt when it was recommended
   */
  public record Recommendation(
      UUID id, IndexDefinition index, String reason, String estimatedBenefit, Instant createdAt) {}
}

package io.mistersmith.persistence.migration.online;

import java.time.Instant;
import java.util.UUID;

/**
 * An index that the statistics ask for.
 *
 * @param id the key of its row in {@code monitoring.index_recommendations}
 * @param index what would be built
 * @param reason what was seen
 * @param estimatedBenefit how much it should help, in words
 * @param createdAt when it was recommended
 */
public record IndexRecommendation(
    UUID id, IndexDefinition index, String reason, String estimatedBenefit, Instant createdAt) {}

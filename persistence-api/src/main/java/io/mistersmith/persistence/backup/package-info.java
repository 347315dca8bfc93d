/**
 * Backups of both stores, and the way back from them: kinds, places, manifests, verification,
 * recovery to a point in time, readiness, drills and retention.
 */
@NullMarked
package io.mistersmith.persistence.backup;

import org.jspecify.annotations.NullMarked;

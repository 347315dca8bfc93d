/**
 * Resolution of conflicts between two versions of an entry that had not seen each other. A {@link
 * io.mistersmith.persistence.conflict.ConflictResolver} decides; the engine stores the outcome by
 * compare-and-set and asks again when it lost.
 */
@NullMarked
package io.mistersmith.persistence.conflict;

import org.jspecify.annotations.NullMarked;

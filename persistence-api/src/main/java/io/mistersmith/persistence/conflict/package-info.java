/**
 * What happens when two versions of an entry meet that did not know of each other (seed sections
 * 3.2 and 6.2). A {@link io.mistersmith.persistence.conflict.ConflictResolver} decides; the engine
 * stores the outcome by compare-and-set and asks again when it lost.
 */
@NullMarked
package io.mistersmith.persistence.conflict;

import org.jspecify.annotations.NullMarked;

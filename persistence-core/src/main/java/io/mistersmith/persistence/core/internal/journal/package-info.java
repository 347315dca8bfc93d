/**
 * What a bucket's sequences mean: epochs, positions, revisions (DESIGN section 3, rules 1, 2 and
 * 4).
 */
@NullMarked
package io.mistersmith.persistence.core.internal.journal;

import org.jspecify.annotations.NullMarked;

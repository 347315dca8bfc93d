/**
 * The meaning of a bucket's sequences: epochs, positions, revisions (docs/design.md, rules 1, 2 and
 * 4).
 */
@NullMarked
package io.mistersmith.persistence.core.internal.state.journal;

import org.jspecify.annotations.NullMarked;

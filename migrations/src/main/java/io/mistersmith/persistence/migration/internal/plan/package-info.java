/** Orders scripts, and compares them with the history to say what is left to do. */
@NullMarked
package io.mistersmith.persistence.migration.internal.plan;

import org.jspecify.annotations.NullMarked;

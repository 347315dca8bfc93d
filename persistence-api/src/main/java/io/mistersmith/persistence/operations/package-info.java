/** Reports and decisions for an operator. */
@NullMarked
package io.mistersmith.persistence.operations;

import org.jspecify.annotations.NullMarked;

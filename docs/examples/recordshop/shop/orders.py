"""Placing an order: an invoice and its lines, all or nothing."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from uuid import UUID

from partita.auth.models import User
from partita.orm import atomic
from shop.cart import CartLine
from shop.models import Customer, Invoice, InvoiceLine

__all__ = ("place_order",)


def place_order(user: User, reference: UUID, lines: Sequence[CartLine], address: Mapping[str, str]) -> Invoice:
    """Write one invoice with its lines in a transaction, and keep the address with the customer.

    Args:
        user: Who buys.
        reference: Made when the checkout page was shown. A second order with it gives the first one's invoice.
        lines: What is bought; the prices are those of the tracks.
        address: Fields of `Customer` by name.

    Returns:
        The invoice.
    """
    with atomic():
        if (placed := Invoice.objects.filter(reference=reference, customer__user=user).first()) is not None:
            return placed
        customer, _ = Customer.objects.update_or_create(user=user, defaults=dict(address))
        invoice = Invoice.objects.create(
            reference=reference,
            customer=customer,
            date=datetime.now(UTC),
            billing_address=customer.address,
            billing_city=customer.city,
            billing_state=customer.state,
            billing_country=customer.country,
            billing_postal_code=customer.postal_code,
            total=sum((line.subtotal for line in lines), Decimal(0)),
        )
        InvoiceLine.objects.bulk_create(
            InvoiceLine(invoice=invoice, track=line.track, unit_price=line.track.unit_price, quantity=line.quantity)
            for line in lines
        )
    return invoice

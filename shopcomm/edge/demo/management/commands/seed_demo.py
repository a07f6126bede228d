import os
import uuid
from random import Random
from typing import Any

from django.core.management.base import BaseCommand
from django.db import transaction
from django.utils import timezone

from messaging.services.conversations import open_enquiry
from messaging.services.messages import send_message
from orders.models import Product
from shopcomm.core.accounts.actors import Actor
from shopcomm.core.accounts.models import Staff
from shopcomm.core.configuration.models import ShopSettings
from shopcomm.core.database.savepoints import without_savepoints
from shopcomm.core.embedded.opening import LOG_INS
from shopcomm.core.realtime import without_pushes
from shopcomm.edge.demo import people
from shopcomm.edge.demo.catalogue import open_catalogue
from shopcomm.edge.demo.history import NAMESPACE, History
from shopcomm.edge.demo.offers import Offers
from shopcomm.edge.demo.today import Today
from shopcomm.edge.integrations.couriers.services.demo import open_demo_account


class Command(BaseCommand):
    help = "Open the demo shop: staff, catalogue, customers, orders and talk. Does nothing where there is a shop."

    def handle(self, *args: Any, **options: Any) -> None:
        if Product.objects.exists() or Staff.objects.exists():
            if password := os.environ.get("SHOPCOMM_DEMO_PASSWORD"):
                self._tell(people.set_demo_password(password))
            return
        with without_pushes(), transaction.atomic(), without_savepoints():
            self._open()
        self._tell([login[0] for login in people.LOGINS])

    def _tell(self, users: list[str]) -> None:
        """Who can log in now, for whoever started us."""
        if users:
            self.stdout.write(f"{LOG_INS} {' '.join(users)}")

    def _open(self) -> None:
        ShopSettings.objects.get_or_create(pk=1, defaults=people.SHOP)
        staff = people.demo_staff()
        customers = people.demo_customers(Random(7), 90)
        variants = open_catalogue(Actor.staff(staff["manager"]))
        count = History(staff, customers, variants).create_orders()
        Today(staff).create_orders()
        self._enquiries(customers[:6], staff["sales"])
        Offers(staff).create_offers()
        open_demo_account(timezone.now())
        self.stdout.write(f"{count} orders, {len(variants)} SKUs, {len(customers)} customers")

    def _enquiries(self, customers: list[Any], seller: Staff) -> None:
        for place, customer in enumerate(customers):
            conversation = open_enquiry(actor=Actor.staff(seller), customer=customer, subject="询价")
            send_message(
                actor=Actor.customer(customer),
                conversation_id=conversation.pk,
                client_id=uuid.uuid5(NAMESPACE, f"enquiry:{place}"),
                body="老板，云朵双肩包 50 个什么价？含运费吗",
            )
